// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

public import EntmeshNode
internal import EntmeshThreads

/// Runs one noise source on a thread of its own: its samples go through the health tests and the
/// conditioner, and come out as blocks of full entropy.
///
/// It works as long as blocks are wanted, or a start-up test is due, and rests otherwise. Nothing
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

    private let shared: Monitor<RunnerState>

    /// Takes `source` over and starts its thread, which begins with the start-up test.
    ///
    /// - Parameters:
    ///   - deliver: Called on the source's thread with each block of 64 bytes, claimed full. It
    ///     may call `demand(byteCount:)` and `stop()`; while it runs the source waits.
    ///   - stateChanged: Called on the source's thread with each state it enters. Not called for
    ///     `stalled` while a read hangs, as the thread hangs with it: `status()` tells.
    public init<S: NoiseSource & ~Copyable>(
        _ source: consuming sending S, claim: EntropyClaim, limits: SourceLimits = SourceLimits(),
        deliver: @escaping @Sendable (consuming Entropy) -> Void,
        stateChanged: @escaping @Sendable (SourceState) -> Void = { _ in }
    ) throws(Failure) {
        let name = source.name
        let shared = Monitor(RunnerState(limits: limits))
        self.name = name
        kind = source.kind
        self.claim = claim
        self.shared = shared
        let worker = SourceWorker(
            source, shared: shared, claim: claim, limits: limits, deliver: deliver,
            stateChanged: stateChanged)
        if let errno = DetachedThread.start(stackByteCount: Self.stackByteCount, { worker.run() }) {
            throw .noThread(source: name, errno: errno)
        }
    }

    deinit {
        stop()
    }

    /// Sets how many more conditioned bytes are wanted; 0 lets the source rest.
    ///
    /// Counts from the blocks handed to `deliver` before the call, and replaces the last demand.
    /// Whole blocks come, so up to 63 bytes more than wanted; after a smaller demand also what one
    /// read under way will give.
    public func demand(byteCount: Int) {
        shared.change { $0.demand(byteCount: byteCount) }
    }

    /// Ends the source's work, and returns at once: never waits for a read.
    ///
    /// A block being delivered at this moment still is; no other follows. A thread whose read
    /// never returns is left behind.
    public func stop() {
        shared.change { $0.stop() }
    }

    /// The operator's reset of a permanent failure: begins anew with the start-up test.
    ///
    /// No effect on a source that has not failed.
    public func reset() {
        shared.change { $0.requestReset() }
    }

    /// Forgets the input of a block that is not whole, drops the block being made at this moment,
    /// and runs the start-up test again, on demand (SP 800-90B section 4.3); no effect on a source
    /// that has failed.
    public func startOver() {
        shared.change { $0.requestStartOver() }
    }

    /// All there is to tell about the source now.
    public func status() -> SourceStatus {
        status(now: .monotonic)
    }

    func status(now: Moment) -> SourceStatus {
        let state = shared.withLock { $0 }
        return SourceStatus(
            name: name, kind: kind, claimedBitsPerByte: claim.bitsPerByte,
            state: state.state(now: now), raw: state.raw,
            deliveredByteCount: state.deliveredByteCount, demandedByteCount: state.demand,
            alarms: state.alarms, errorCount: state.errorCount,
            lastErrorText: state.lastErrorText, bytesPerSecond: state.rate.bytesPerSecond)
    }
}
