// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CZeroize
internal import EntmeshNode
internal import EntmeshThreads

/// What the thread of a source does: read, test, put by, make blocks, deliver, and rest.
///
/// Only that thread touches it; what others need to know goes through the monitor.
final class SourceWorker<S: NoiseSource & ~Copyable> {
    private let id: SourceID
    private let shared: Monitor<SetState>
    private let hooks: SourceHooks
    private let scratch: UnsafeMutableRawBufferPointer

    private var source: S
    private var tests: HealthTests
    private var backOff: BackOff
    private var lastState = SourceState.starting

    init(
        _ source: consuming S, id: SourceID, shared: Monitor<SetState>, claim: EntropyClaim,
        _ limits: SourceLimits, _ hooks: SourceHooks
    ) {
        self.source = source
        self.id = id
        self.shared = shared
        self.hooks = hooks
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
        change { $0.end() }
    }

    /// Does one job, once there is one; returns whether there may be more.
    private func work() -> Bool {
        switch shared.wait({ [id] in $0.nextJob(id, now: .monotonic) }) {
        case .stop: return false
        case .makeBlocks: makeBlocks()
        case .read(let count): read(count) { self.take($0) }
        case .capture(let count): read(count) { self.giveAway($0) }
        case .reset: if tests.state.isFailed { tests.reset() }
        case .startOver:
            // What its device or line had ready is of the time before, too.
            source.close()
            tests.restart()
        }
        StackTraces.wipe()
        show()
        return true
    }

    private func change(_ body: (inout RunnerState) -> Void) {
        shared.withLock { [id] in _ = $0.with(id, body) }
    }

    // MARK: Reading

    private func read(_ count: Int, _ use: (UnsafeRawBufferPointer) -> Void) {
        let buffer = UnsafeMutableRawBufferPointer(rebasing: scratch[..<min(count, scratch.count)])
        defer { entmesh_wipe(buffer.baseAddress, buffer.count) }
        change { $0.beginRead(now: .monotonic) }
        do throws(NoiseSourceError) {
            // A source that returns nonsense must not take us beyond the buffer.
            let got = min(try source.read(into: buffer), buffer.count)
            guard got > 0 else { throw .ended(device: source.name) }
            backOff.reset()
            change { $0.endRead(byteCount: got, now: .monotonic) }
            use(UnsafeRawBufferPointer(rebasing: buffer[..<got]))
        } catch {
            retreat(from: error)
        }
    }

    private func retreat(from error: NoiseSourceError) {
        if error.losesDevice {
            // What answers next may be another device, or have lost power: section 4.3 applies.
            source.close()
            tests.restart()
        }
        let retry = Moment.monotonic + backOff.lengthen()
        change {
            if error.losesDevice { $0.stage.drop() }
            $0.endRead(error: error, retryAt: retry)
        }
    }

    private func giveAway(_ samples: UnsafeRawBufferPointer) {
        change { $0.captured(samples) }
    }

    // MARK: Testing and conditioning

    private func take(_ samples: UnsafeRawBufferPointer) {
        switch tests.test(samples, now: .monotonic) {
        case .passed(let startUpCount):
            change {
                $0.stage.bookDropped(startUpCount)
                $0.put(UnsafeRawBufferPointer(rebasing: samples[startUpCount...]))
            }
            makeBlocks()
        case .alarm(let alarm):
            change { $0.drop(samples.count, because: alarm) }
        case .refused:
            change { $0.stage.bookDropped(samples.count) }
        }
    }

    private func makeBlocks() {
        var hasMade = false
        while let block = shared.withLock({ $0.makeBlock() }) {
            hasMade = true
            block.hand(to: hooks.deliver)
        }
        // Others may have samples to read in place of those that went.
        if hasMade { shared.change { _ in } }
    }

    // MARK: Telling

    /// Shows where the tests stand, and calls back if that makes another state of the source.
    private func show() {
        let (health, alarms) = (tests.state, tests.alarmCounts)
        let state = shared.withLock { [id] in
            $0.with(id) {
                $0.show(health, alarms)
                return $0.state(now: .monotonic)
            }
        }
        guard let state, state != lastState, state != .stopped else { return }
        lastState = state
        hooks.stateChanged(state)
    }
}
