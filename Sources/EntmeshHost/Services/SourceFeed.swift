// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

public import EntmeshConfig
public import EntmeshControl
public import EntmeshNode
internal import EntmeshSources
public import Logging
internal import Synchronization

/// The noise sources of this machine, as configured or as found, as the feed of M.
public final class SourceFeed: Feed {
    /// The most raw samples of one capture: SP 800-90B section 3.1.1 wants a million.
    public static let longestCapture = 1 << 20

    private struct State {
        var settings: SourcesSettings
        var set: SourceSet?
        var members: [Member] = []
        var absent: [SourceSearch.Absence] = []
    }

    private struct Member {
        let settings: SourceSettings
        let runner: SourceRunner
    }

    private let log: Logger
    private let state: Mutex<State>
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
        state = Mutex(State(settings: settings))
        (exhaustion, exhausted) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    // MARK: Feed

    public func start(deliver: @escaping @Sendable (consuming Entropy) -> Void) throws {
        let set = SourceSet(deliver: deliver)
        try state.withLock {
            $0.set = set
            try rebuild(&$0)
        }
        lookForTheLast()
    }

    public func allow(upTo total: UInt64) {
        state.withLock { $0.set }?.allow(upTo: total)
    }

    public func startOver() {
        state.withLock { $0.set }?.startOver()
    }

    public func stop() {
        state.withLock { $0.set }?.stop()
    }

    public var rows: [SourceRow] {
        state.withLock { $0.members }.map { SourceRow($0.runner.status(), $0.settings) }
    }

    public var absent: [AbsentSource] {
        state.withLock { $0.absent }.map {
            AbsentSource(kind: $0.kind.rawValue, reason: $0.reason)
        }
    }

    public func reset(_ name: String) -> Bool {
        guard let runner = runner(name) else { return false }
        runner.reset()
        return true
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
    /// begin with their start-up test.
    public func reload(_ settings: SourcesSettings) throws {
        try state.withLock {
            $0.settings = settings
            if $0.set != nil { try rebuild(&$0) }
        }
        lookForTheLast()
    }

    private func rebuild(_ state: inout State) throws {
        guard let set = state.set else { return }
        let found = state.settings.named.map { SourceSearch.Result(found: $0, absent: []) }
        let result = found ?? search()
        state.absent = result.absent
        var members: [Member] = []
        for settings in result.found {
            if let same = state.members.first(where: { $0.settings == settings }) {
                members.append(same)
            } else {
                members.append(try begin(settings, in: set))
            }
        }
        // Those that are not kept end with their runners.
        state.members = members
    }

    private func begin(_ settings: SourceSettings, in set: SourceSet) throws -> Member {
        let name = settings.name
        let runner = try set.add(settings) { [weak self, log] state in
            log.notice("source", metadata: ["name": "\(name)", "state": "\(state)"])
            self?.lookForTheLast()
        }
        return Member(settings: settings, runner: runner)
    }

    // A source that is away may come back; one that has failed, or cannot be had, will not.
    private func lookForTheLast() {
        let (members, isRequired) = state.withLock { ($0.members, $0.settings.isRequired) }
        guard isRequired, members.allSatisfy({ $0.runner.status().state.isOff }) else { return }
        exhausted.yield()
    }
}

extension SourceRow {
    fileprivate init(_ status: SourceStatus, _ settings: SourceSettings) {
        self.init(
            name: status.name.escapedForDisplay, kind: status.kind.rawValue,
            state: Self.words(for: status), isHealthy: status.state.gives,
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
