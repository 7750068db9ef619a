// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CZeroize
internal import EntmeshNode
internal import EntmeshThreads

/// What the thread of a source does: read, test, condition, deliver, and rest.
///
/// Only that thread touches it; what others need to know goes through the monitor.
final class SourceWorker<S: NoiseSource & ~Copyable> {
    private let shared: Monitor<RunnerState>
    private let claim: EntropyClaim
    private let deliver: @Sendable (consuming Entropy) -> Void
    private let stateChanged: @Sendable (SourceState) -> Void
    private let scratch: UnsafeMutableRawBufferPointer

    private var source: S
    private var tests: HealthTests
    private var conditioner = Conditioner()
    private var backOff: BackOff
    private var lastState = SourceState.starting

    init(
        _ source: consuming S, shared: Monitor<RunnerState>, claim: EntropyClaim,
        limits: SourceLimits, deliver: @escaping @Sendable (consuming Entropy) -> Void,
        stateChanged: @escaping @Sendable (SourceState) -> Void
    ) {
        self.source = source
        self.shared = shared
        self.claim = claim
        self.deliver = deliver
        self.stateChanged = stateChanged
        tests = HealthTests(claim: claim)
        backOff = BackOff(first: limits.firstBackOff, most: limits.longestBackOff)
        scratch = .allocate(byteCount: max(1, limits.readByteCount), alignment: 16)
        // What a source claims to have read but did not write must look stuck, not like samples.
        scratch.initializeMemory(as: UInt8.self, repeating: 0)
    }

    deinit {
        entmesh_wipe(scratch.baseAddress, scratch.count)
        scratch.deallocate()
    }

    /// Works until told to stop, then gives the device back.
    func run() {
        while work() {}
        source.close()
        conditioner.drop()
        shared.withLock { $0.bookEnd() }
    }

    /// Does one job, once there is one; returns whether there may be more.
    private func work() -> Bool {
        switch shared.wait({ $0.nextJob(now: .monotonic) }) {
        case .stop:
            return false
        case .read(let demand):
            read(demand: demand)
            StackTraces.wipe()
        case .reset:
            if tests.state.isFailed { tests.reset() }
        case .startOver:
            tests.restart()
            let dropped = conditioner.drop()
            shared.withLock { $0.bookDropped(dropped) }
        }
        show()
        return true
    }

    // MARK: Reading

    private func read(demand: Int) {
        let buffer = UnsafeMutableRawBufferPointer(rebasing: scratch[..<readByteCount(demand)])
        let start = Moment.monotonic
        shared.withLock { $0.beginRead(now: start) }
        do throws(NoiseSourceError) {
            // A source that returns nonsense must not take us beyond the buffer.
            let count = min(try source.read(into: buffer), buffer.count)
            guard count > 0 else { throw .ended(device: source.name) }
            take(UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]), start)
        } catch {
            retreat(from: error)
        }
    }

    /// Raw bytes to ask for: what the start-up test or the demand still needs, within the limit.
    private func readByteCount(_ demand: Int) -> Int {
        guard demand > 0 else { return min(scratch.count, max(1, tests.state.remaining)) }
        let laterBlocks = (demand - 1) / Conditioner.outputByteCount
        let perBlock = Conditioner.inputByteCount(claim: claim)
        let missing = conditioner.missingByteCount(claim: claim)
        // Only as many blocks as one read could fill: a demand can be too large to multiply.
        return min(scratch.count, missing + min(laterBlocks, scratch.count) * perBlock)
    }

    private func retreat(from error: NoiseSourceError) {
        if error.losesDevice {
            // What answers next may be another device, or have lost power: section 4.3 applies.
            source.close()
            tests.restart()
        }
        let retry = Moment.monotonic + backOff.lengthen()
        shared.withLock { $0.endRead(error: error, retryAt: retry) }
    }

    // MARK: Testing and conditioning

    private func take(_ samples: UnsafeMutableRawBufferPointer, _ start: Moment) {
        defer { entmesh_wipe(samples.baseAddress, samples.count) }
        backOff.reset()
        shared.withLock { $0.endRead(byteCount: samples.count) }
        switch tests.test(UnsafeRawBufferPointer(samples), now: .monotonic) {
        case .passed(let startUpCount):
            shared.withLock { $0.bookDropped(startUpCount) }
            condition(UnsafeRawBufferPointer(rebasing: samples[startUpCount...]), start)
        case .alarm(let alarm):
            let dropped = samples.count + conditioner.drop()
            shared.withLock { $0.bookDropped(dropped, because: alarm) }
        case .refused:
            shared.withLock { $0.bookDropped(samples.count) }
        }
    }

    private func condition(_ samples: UnsafeRawBufferPointer, _ start: Moment) {
        var mark = start
        var rest = samples
        while !rest.isEmpty {
            let taken = conditioner.take(rest, claim: claim)
            rest = UnsafeRawBufferPointer(rebasing: rest[taken...])
            let rawByteCount = conditioner.pendingByteCount
            let block = conditioner.makeBlock()
            let span = Moment.monotonic - mark
            let byteCount = block == nil ? 0 : Conditioner.outputByteCount
            let left = rest.count
            let goesOn = shared.withLock {
                $0.bookWork(byteCount, in: span)
                guard byteCount > 0 else { return true }
                guard !$0.isStopping else { return false }
                guard !$0.wantsStartOver else {
                    $0.bookDropped(rawByteCount + left)
                    return false
                }
                $0.bookBlock(byteCount, from: rawByteCount)
                return true
            }
            guard goesOn else { return }
            if let block { deliver(block) }
            mark = .monotonic
        }
    }

    // MARK: Telling

    /// Shows where the tests stand, and calls back if that makes another state of the source.
    private func show() {
        let state = shared.withLock { [tests] in
            $0.show(tests)
            return $0.state(now: .monotonic)
        }
        guard state != lastState, state != .stopped else { return }
        lastState = state
        stateChanged(state)
    }
}
