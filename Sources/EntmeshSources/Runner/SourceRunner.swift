// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshNode
internal import EntmeshThreads

/// One noise source of a `SourceSet`, on a thread of its own: its samples go through the health
/// tests and wait to be used.
///
/// It works as long as samples are wanted, or a start-up test is due, and rests otherwise. Nothing
/// the source does ends the process, and nothing here waits for the source.
public final class SourceRunner: Sendable {
    /// Why a source could not be started.
    public enum Failure: Error, Equatable, CustomStringConvertible {
        /// pthread_create(3) failed with this errno.
        case noThread(source: String, errno: Int32)

        public var description: String {
            switch self {
            case .noThread(let source, let errno):
                """
                cannot start a thread for source \(source) (errno \(errno)): \
                raise TasksMax= of the unit
                """
            }
        }
    }

    /// What the operator calls the source.
    public let name: String
    /// What sort of source it is.
    public let kind: NoiseSourceKind
    /// What is claimed of it.
    public let claim: EntropyClaim

    /// The work is shallow, and a small stack keeps fewer traces.
    private static let stackByteCount = 256 * 1024

    private let id: SourceID
    private let shared: Monitor<SetState>

    /// Takes `source` over and starts its thread, which begins with the start-up test.
    init<S: NoiseSource & ~Copyable>(
        _ source: consuming sending S, id: SourceID, shared: Monitor<SetState>,
        claim: EntropyClaim, limits: SourceLimits, hooks: SourceHooks
    ) throws(Failure) {
        name = source.name
        kind = source.kind
        self.claim = claim
        self.id = id
        self.shared = shared
        shared.withLock { $0.join(id, RunnerState(claim: claim, limits: limits)) }
        let worker = SourceWorker(source, id: id, shared: shared, claim: claim, limits, hooks)
        if let errno = DetachedThread.start(stackByteCount: Self.stackByteCount, { worker.run() }) {
            shared.withLock { $0.leave(id) }
            throw .noThread(source: name, errno: errno)
        }
    }

    deinit {
        shared.change { $0.leave(id) }
    }

    /// Ends the source's work, and returns at once: never waits for a read.
    ///
    /// A block being delivered at this moment still is; what waited to be used is wiped. A thread
    /// whose read never returns is left behind.
    public func stop() {
        shared.change { _ = $0.with(id) { $0.stop() } }
    }

    /// The operator's reset of a permanent failure: begins anew with the start-up test.
    ///
    /// No effect on a source that has not failed.
    ///
    /// - Returns: Whether it had.
    @discardableResult
    public func reset() -> Bool {
        shared.change { $0.with(id) { $0.requestReset() } ?? false }
    }

    /// Reads `count` raw samples for an operator. They are not tested, and never used.
    ///
    /// Works on a source that has failed too: that is when one wants to see them. The source does
    /// nothing else meanwhile. One capture at a time: a new one takes the place of the old.
    public func capture(count: Int) async throws(CaptureFailure) -> [UInt8] {
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { answer in begin(max(1, count), answer) }
        } onCancel: {
            shared.change { _ = $0.with(id) { $0.endCapture(.stopped) } }
        }
        return try result.get()
    }

    private func begin(_ count: Int, _ answer: Capture.Answer) {
        let isTaken = shared.change {
            $0.with(id) { $0.begin(Capture(count: count, answer: answer)) } ?? false
        }
        if !isTaken { answer.resume(returning: .failure(.stopped)) }
        // Whoever was cancelled before it began is not told a second time.
        if Task.isCancelled { shared.change { _ = $0.with(id) { $0.endCapture(.stopped) } } }
    }

    /// All there is to tell about the source now.
    public func status() -> SourceStatus {
        status(now: .monotonic)
    }

    func status(now: Moment) -> SourceStatus {
        let known = shared.withLock { $0.with(id) { ($0, $0.stage.ledger, $0.stage.usableCount) } }
        let state = known?.0
        return SourceStatus(
            name: name, kind: kind, claimedBitsPerByte: claim.bitsPerByte,
            state: state?.state(now: now) ?? .stopped, gives: state?.gives ?? false,
            raw: known?.1 ?? RawLedger(),
            usableByteCount: known?.2 ?? 0,
            alarms: state?.alarms ?? AlarmCounts(), errorCount: state?.errorCount ?? 0,
            lastErrorText: state?.lastErrorText,
            bytesPerSecond: state?.rate.bytesPerSecond ?? 0)
    }
}

/// What a source's thread calls, with no lock held.
struct SourceHooks: Sendable {
    /// With each block of full entropy, whoever's samples are in it, and how often everything had
    /// started over when it was made.
    let deliver: @Sendable (consuming Entropy, UInt64) -> Void
    /// With each state that the source enters.
    let stateChanged: @Sendable (SourceState) -> Void
}
