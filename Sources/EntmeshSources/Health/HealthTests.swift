// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

public import EntmeshNode

/// The health tests of one noise source (SP 800-90B section 4): start-up, continuous and on demand.
///
/// Repetition count and adaptive proportion (4.4), and two more for what those cannot see (4.5):
/// lag, and duplicate blocks. Every sample that is to be used goes through `test(_:now:)` before
/// anything else is done with it. No clock and no IO here: time comes in. A permanent failure is
/// never cleared by more data, only by `reset()`.
public struct HealthTests: ~Copyable {
    /// What became of a block of samples.
    public enum Verdict: Equatable, Sendable {
        /// All passed. The first `startUpCount` of them belonged to a start-up test: drop those.
        case passed(startUpCount: Int)
        /// Drop the whole block and whatever was collected before it.
        case alarm(Alarm)
        /// The source has failed; the block was not looked at. Drop it.
        case refused
    }

    /// Samples in a start-up test (section 4.3 asks for at least 1024).
    public static let startUpSampleCount = 1024
    /// Symbols in a window of the adaptive proportion test (section 4.4.2, not binary).
    public static let window = 512
    /// This many intermittent alarms within `alarmPeriod` are a permanent failure.
    public static let alarmLimit = 3
    /// The period over which intermittent alarms add up.
    public static let alarmPeriod = TimeSpan.seconds(24 * 60 * 60)

    /// Where the source stands.
    public private(set) var state = HealthState.startUp(remaining: startUpSampleCount)
    /// Alarms so far; a reset does not clear them.
    public private(set) var alarmCounts = AlarmCounts()

    private let claim: EntropyClaim
    private var repetitionCount: RepetitionCountTest
    private var adaptiveProportion: AdaptiveProportionTest
    private var lag: LagTest
    private var duplicateBlock: DuplicateBlockTest
    private var histogram = Histogram()
    /// When the latest intermittent alarms were; fewer than `alarmLimit`.
    private var recentAlarms: [Moment] = []

    /// Tests for a source of which `claim` is claimed, about to begin its start-up test.
    public init(claim: EntropyClaim) {
        self.claim = claim
        repetitionCount = RepetitionCountTest(cutoffs: claim.repetitionCutoffs)
        adaptiveProportion = AdaptiveProportionTest(
            window: Self.window, cutoffs: claim.proportionCutoffs)
        lag = LagTest(window: Self.window, cutoffs: claim.lagCutoffs)
        duplicateBlock = DuplicateBlockTest(cutoffs: claim.duplicateCutoffs)
    }

    /// Tests the next samples of the source, one a byte, in the order in which they were read: what
    /// one read gave.
    ///
    /// The tests go on through the block after an alarm, so that a worse one is found; samples
    /// that follow an alarm within its block do not count towards the start-up test.
    public mutating func test(_ samples: UnsafeRawBufferPointer, now: Moment) -> Verdict {
        guard !state.isFailed, !samples.isEmpty else {
            return state.isFailed ? .refused : .passed(startUpCount: 0)
        }
        if state.remaining > 0 { histogram.take(samples) }
        if let alarm = firstAlarms(samples, now) ?? lastAlarms(samples, now) {
            return .alarm(alarm)
        }
        let startUpCount = advance(by: samples.count)
        if startUpCount > 0, state.remaining == 0 { histogram.reset() }
        return .passed(startUpCount: startUpCount)
    }

    /// The tests of the standard, sample by sample.
    private mutating func firstAlarms(
        _ samples: UnsafeRawBufferPointer, _ now: Moment
    ) -> Alarm? {
        var alarm: Alarm?
        for sample in samples {
            if let level = repetitionCount.take(sample) {
                alarm = book(.repetitionCount, level, now)
            }
            if let level = adaptiveProportion.take(sample) {
                alarm = book(.adaptiveProportion, level, now)
            }
            if alarm != nil, state.isFailed { break }
        }
        return alarm
    }

    /// Our own tests, read by read. Not reached by what has alarmed already: one defect is one alarm.
    private mutating func lastAlarms(
        _ samples: UnsafeRawBufferPointer, _ now: Moment
    ) -> Alarm? {
        var worst: AlarmLevel?
        lag.take(samples) { level in
            if worst != .permanent { worst = level }
        }
        if let worst { return book(.lag, worst, now) }
        return duplicateBlock.take(samples).map { book(.duplicateBlock, $0, now) }
    }

    /// Runs the start-up test again, on demand (section 4.3); no effect on a failed source.
    public mutating func restart() {
        histogram.reset()
        lag.restart()
        switch state {
        case .startUp, .running:
            state = .startUp(remaining: Self.startUpSampleCount)
        case .quarantined(_, let alarm):
            state = .quarantined(remaining: Self.startUpSampleCount, after: alarm)
        case .failed:
            break
        }
    }

    /// The operator's reset: forgets past alarms and begins anew with the start-up test.
    public mutating func reset() {
        var fresh = HealthTests(claim: claim)
        fresh.alarmCounts = alarmCounts
        self = fresh
    }

    /// Counts `count` passed samples towards a start-up test; returns how many it took.
    private mutating func advance(by count: Int) -> Int {
        switch state {
        case .running, .failed:
            return 0
        case .startUp(let remaining):
            let left = remaining - min(count, remaining)
            state = left == 0 ? .running : .startUp(remaining: left)
            return remaining - left
        case .quarantined(let remaining, let alarm):
            let left = remaining - min(count, remaining)
            state = left == 0 ? .running : .quarantined(remaining: left, after: alarm)
            return remaining - left
        }
    }

    /// Books an alarm and changes the state accordingly.
    private mutating func book(_ test: HealthTest, _ level: AlarmLevel, _ now: Moment) -> Alarm {
        let observed =
            state.remaining > 0 ? histogram.observed(claim: claim.bitsPerByte) : nil
        let alarm = Alarm(
            test: test, level: level, cutoff: claim.cutoffs(of: test)[level], observed: observed)
        alarmCounts.book(test)
        guard !state.isFailed else { return alarm }
        lag.restart()
        switch level {
        case .permanent:
            state = .failed(.alarm(alarm))
        case .intermittent:
            recentAlarms.removeAll { now - $0 >= Self.alarmPeriod }
            recentAlarms.append(now)
            state =
                recentAlarms.count < Self.alarmLimit
                ? .quarantined(remaining: Self.startUpSampleCount, after: alarm)
                : .failed(.repeatedAlarms(last: alarm))
        }
        return alarm
    }
}
