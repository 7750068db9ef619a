// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

public import EntmeshConfig
public import EntmeshControl
internal import EntmeshLinux
public import EntmeshNode
internal import EntmeshSources
public import Logging
internal import Synchronization

/// The noise sources of this machine, as configured or as found, as the feed of M.
public final class SourceFeed: Feed {
    /// The most raw samples of one capture: SP 800-90B section 3.1.1 wants a million.
    public static let longestCapture = 1 << 20

    private struct State {
        var isRequired: Bool
        /// Whether the members are about to be others: who is left cannot be told then.
        var isChanging = true
        var members: [Member] = []
        var absent: [SourceSearch.Absence] = []
        var logLimiter = LogLimiter()
    }

    private struct Member {
        let settings: SourceSettings
        let runner: SourceRunner
    }

    private let log: Logger
    private let started: SourcesSettings
    private let state: Mutex<State>
    /// Made at the start. Apart from the rest, so that nobody who allows more waits for a reload.
    private let set = Mutex<SourceSet?>(nil)
    private let search: @Sendable () -> SourceSearch.Result
    private let exhausted: AsyncStream<Void>.Continuation

    /// Tells once no source is left that could give, where one is required.
    public let exhaustion: AsyncStream<Void>

    public convenience init(_ settings: SourcesSettings, log: Logger) {
        self.init(settings, log: log, search: { SourceSearch().run() })
    }

    init(
        _ settings: SourcesSettings, log: Logger,
        search: @escaping @Sendable () -> SourceSearch.Result
    ) {
        self.log = log
        self.search = search
        started = settings
        state = Mutex(State(isRequired: settings.isRequired))
        (exhaustion, exhausted) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    // MARK: Feed

    public func start(deliver: @escaping @Sendable (consuming Entropy, UInt64) -> Void) throws {
        set.withLock { $0 = SourceSet(deliver: deliver) }
        try reload(started)
    }

    public func allow(upTo total: UInt64) {
        set.withLock { $0 }?.allow(upTo: total)
    }

    public func startOver() {
        set.withLock { $0 }?.startOver()
    }

    public func stop() {
        set.withLock { $0 }?.stop()
    }

    public var rows: [SourceRow] {
        state.withLock { $0.members }.map { SourceRow($0.runner.status(), $0.settings) }
    }

    public var absent: [AbsentSource] {
        state.withLock { $0.absent }.map {
            AbsentSource(kind: $0.kind.rawValue, reason: $0.reason)
        }
    }

    public func reset(_ name: String) -> Bool? {
        runner(name)?.reset()
    }

    public func capture(_ name: String, count: Int) async throws(ControlError) -> [UInt8] {
        guard let runner = runner(name) else { throw .noSuchSource(name) }
        do throws(CaptureFailure) {
            return try await runner.capture(count: min(count, Self.longestCapture))
        } catch {
            throw ControlError(
                code: "capture-failed",
                message: "cannot capture from \(name.escapedForDisplay): \(error)")
        }
    }

    private func runner(_ name: String) -> SourceRunner? {
        state.withLock { state in state.members.first { $0.settings.name == name }?.runner }
    }

    // MARK: Reload

    /// Has other sources from now on. Those that stay as they were are not disturbed; the others
    /// begin with their start-up test. Not to be called again before it returns.
    ///
    /// - Throws: `SourceRunner.Failure` if one cannot be started; then everything stays as it was.
    public func reload(_ settings: SourcesSettings) throws {
        guard let set = set.withLock({ $0 }) else { return }
        let named = settings.named.map { SourceSearch.Result(found: $0) }
        let wanted = named ?? search()
        let old = state.withLock { state in
            state.isChanging = true
            return state.members
        }
        defer {
            state.withLock { $0.isChanging = false }
            lookForTheLast()
        }
        let new = try wanted.found.map { settings in
            try old.first { $0.settings == settings } ?? begin(settings, in: set)
        }
        state.withLock {
            $0.isRequired = settings.isRequired
            $0.members = new
            $0.absent = wanted.absent
        }
        for member in old where !new.contains(where: { $0.runner === member.runner }) {
            member.runner.stop()
        }
    }

    private func begin(_ settings: SourceSettings, in set: SourceSet) throws -> Member {
        let name = settings.name
        let runner = try set.add(settings) { [weak self] state in self?.entered(state, name) }
        return Member(settings: settings, runner: runner)
    }

    private func entered(_ state: SourceState, _ name: String) {
        let subject = "\(name): \(state)"
        let heldBack = self.state.withLock { $0.logLimiter.admit(subject, now: SystemClock.now()) }
        if let heldBack {
            log.notice(
                "source",
                metadata: [
                    "name": "\(name.escapedForDisplay)", "state": "\("\(state)".escapedForDisplay)",
                    "heldBack": "\(heldBack)",
                ])
        }
        lookForTheLast()
    }

    // A source that is away may come back; one that has failed, or cannot be had, will not.
    private func lookForTheLast() {
        let (members, isRequired) = state.withLock {
            ($0.members, $0.isRequired && !$0.isChanging)
        }
        guard isRequired, members.allSatisfy({ $0.runner.status().state.isOff }) else { return }
        exhausted.yield()
    }
}

extension SourceRow {
    fileprivate init(_ status: SourceStatus, _ settings: SourceSettings) {
        self.init(
            name: status.name.escapedForDisplay, kind: status.kind.rawValue,
            state: Self.words(for: status), isHealthy: status.gives,
            claimedBitsPerByte: status.claimedBitsPerByte,
            raw: RawRow(
                read: status.raw.read, conditioned: status.raw.conditioned,
                dropped: status.raw.dropped, captured: status.raw.captured,
                pending: status.raw.pending, balances: status.raw.balances),
            deliveredBytes: status.conditionedByteCount, bytesPerSecond: status.bytesPerSecond,
            alarms: status.alarms.total, errors: status.errorCount,
            lastError: status.lastErrorText)
        path = settings.path
    }

    // A permanent failure is for an operator to judge.
    private static func words(for status: SourceStatus) -> String {
        guard case .failed = status.state else { return "\(status.state)" }
        return "\(status.state); once it is mended: entmesh sources --reset \(status.name)"
    }
}
