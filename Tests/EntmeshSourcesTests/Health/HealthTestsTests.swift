// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshCoreTestSupport
import EntmeshNode
import Testing

@testable import EntmeshSources

@Suite struct HealthTestsTests {
    /// At claim 4: an intermittent alarm at 11 in a row, a permanent one at 16.
    private static let run11 = [UInt8](repeating: 7, count: 11)

    private static func repetition(_ level: AlarmLevel, _ cutoff: Int) -> Alarm {
        Alarm(test: .repetitionCount, level: level, cutoff: cutoff)
    }

    @Test func nothingIsUsedBefore1024SamplesHavePassed() throws {
        var tests = HealthTests(claim: try EntropyClaim(bitsPerByte: 4))
        var noise = SplitMix(seed: 1)
        #expect(tests.test(noise.bytes(1000)) == .passed(startUpCount: 1000))
        #expect(tests.state == .startUp(remaining: 24))
        #expect(tests.test(noise.bytes(100)) == .passed(startUpCount: 24))
        #expect(tests.state == .running)
        #expect(tests.test(noise.bytes(100)) == .passed(startUpCount: 0))
    }

    @Test func anEmptyBlockPasses() throws {
        var tests = HealthTests(claim: try EntropyClaim(bitsPerByte: 4))
        #expect(tests.test([]) == .passed(startUpCount: 0))
    }

    @Test func aStuckSourceAlarmsAtTheCutoffAndFailsAtTheSecond() throws {
        var tests = try HealthTests.running()
        for _ in 0..<10 { #expect(tests.test([7]) == .passed(startUpCount: 0)) }
        #expect(tests.test([7]) == .alarm(Self.repetition(.intermittent, 11)))
        for _ in 0..<4 { #expect(tests.test([7]) == .passed(startUpCount: 1)) }
        #expect(tests.test([7]).plain == .alarm(Self.repetition(.permanent, 16)))
        #expect(tests.plainState == .failed(.alarm(Self.repetition(.permanent, 16))))
    }

    @Test func theProportionTestAlarmsAtTheCutoffAndFailsAtTheSecond() throws {
        var test = AdaptiveProportionTest(
            window: 512, cutoffs: AlarmCutoffs(intermittent: 78, permanent: 91))
        var levels: [Int: AlarmLevel] = [:]
        for position in 0..<512 {
            // The counted symbol is every fourth: no run of it.
            let symbol = position % 4 == 0 ? 9 : UInt8(truncatingIfNeeded: 10 + position % 101)
            if let level = test.take(symbol) { levels[position] = level }
        }
        #expect(levels == [77 * 4: .intermittent, 90 * 4: .permanent])
    }

    @Test func aWindowCountsItsOwnFirstSymbol() {
        var test = AdaptiveProportionTest(
            window: 4, cutoffs: AlarmCutoffs(intermittent: 3, permanent: 4))
        let levels = [1, 1, 2, 2, 2, 2, 1, 2, 3, 3, 3, 3].map { test.take($0) }
        #expect(levels[0...6].allSatisfy { $0 == nil })
        #expect(levels[7...] == [.intermittent, nil, nil, .intermittent, .permanent])
    }

    @Test func aFailureStandsWhenBothTestsReachItWithOneSample() throws {
        // Not yet in its start-up, so the first sample begins a window.
        var tests = HealthTests(claim: try EntropyClaim(bitsPerByte: 4))
        let spread = (0..<75).flatMap { (index: Int) -> [UInt8] in [7, UInt8(100 + index)] }
        #expect(tests.test(spread) == .passed(startUpCount: 150))
        for _ in 0..<15 { _ = tests.test([7]) }
        #expect(tests.alarmCounts.repetitionCount == 1)
        #expect(tests.alarmCounts.adaptiveProportion == 1)
        #expect(!tests.state.isFailed)
        _ = tests.test([7])
        #expect(tests.alarmCounts.repetitionCount == 2)
        #expect(tests.alarmCounts.adaptiveProportion == 2)
        #expect(tests.plainState == .failed(.alarm(Self.repetition(.permanent, 16))))
    }

    @Test func anAlarmAnywhereDropsTheWholeBlockAndBeginsAnew() throws {
        var tests = try HealthTests.running()
        var noise = SplitMix(seed: 2)
        let alarm = Self.repetition(.intermittent, 11)
        let block = noise.bytes(200) + Self.run11 + noise.bytes(200)
        #expect(tests.test(block) == .alarm(alarm))
        #expect(tests.state == .quarantined(remaining: 1024, after: alarm))
        #expect(tests.test(noise.bytes(1025)) == .passed(startUpCount: 1024))
        #expect(tests.state == .running)
        #expect(tests.alarmCounts.repetitionCount == 1)
        #expect(tests.alarmCounts.adaptiveProportion == 0)
    }

    @Test func aFailingStartUpNeverContributes() throws {
        var tests = HealthTests(claim: try EntropyClaim(bitsPerByte: 4))
        let stuck = [UInt8](repeating: 0, count: 1024)
        #expect(tests.test(stuck).plain == .alarm(Self.repetition(.permanent, 16)))
        var noise = SplitMix(seed: 3)
        for _ in 0..<10 { #expect(tests.test(noise.bytes(512)) == .refused) }
        #expect(tests.state.isFailed)
        #expect(tests.state.remaining == 0)
    }

    @Test func aFailureIsClearedByResetAndByNothingElse() throws {
        var tests = try HealthTests.running()
        _ = tests.test([UInt8](repeating: 0, count: 16))
        let failed = tests.state
        tests.restart()
        #expect(tests.state == failed)
        tests.reset()
        #expect(tests.state == .startUp(remaining: 1024))
        #expect(tests.alarmCounts.repetitionCount == 2)
    }

    @Test func anInducedFailureAlarmsAfterResetAndAfterRestart() throws {
        for isReset in [true, false] {
            var tests = try HealthTests.running()
            if isReset { tests.reset() } else { tests.restart() }
            #expect(tests.state == .startUp(remaining: 1024))
            #expect(tests.test(Self.run11).plain == .alarm(Self.repetition(.intermittent, 11)))
        }
    }

    @Test func threeAlarmsWithinADayAreAFailure() throws {
        var tests = try HealthTests.running()
        let alarm = Self.repetition(.intermittent, 11)
        let day = HealthTests.alarmPeriod.nanoseconds
        var noise = SplitMix(seed: 4)
        for time in [0, day / 2, day - 1] {
            #expect(!tests.state.isFailed)
            _ = tests.test(noise.bytes(3) + Self.run11, now: Moment(nanoseconds: time))
        }
        #expect(tests.plainState == .failed(.repeatedAlarms(last: alarm)))
    }

    @Test func alarmsADayApartDoNotAddUp() throws {
        var tests = try HealthTests.running()
        let day = HealthTests.alarmPeriod.nanoseconds
        var noise = SplitMix(seed: 5)
        for half in 0..<20 {
            let now = Moment(nanoseconds: Int64(half) * day / 2)
            #expect(tests.test(noise.bytes(3) + Self.run11, now: now) != .refused)
        }
        #expect(!tests.state.isFailed)
    }

    @Test func aStartUpTestOnDemandHoldsSamplesBack() throws {
        var tests = try HealthTests.running()
        var noise = SplitMix(seed: 6)
        tests.restart()
        #expect(tests.test(noise.bytes(1024)) == .passed(startUpCount: 1024))
        _ = tests.test(Self.run11)
        _ = tests.test(noise.bytes(500))
        tests.restart()
        #expect(tests.state.remaining == 1024)
    }

    @Test func alarmsAndFailuresAreSaidInWords() {
        let proportion = Alarm(test: .adaptiveProportion, level: .intermittent, cutoff: 78)
        #expect(
            "\(proportion)" == "adaptive proportion test: one value 78 times in 512 samples")
        #expect(
            "\(Alarm(test: .lag, level: .permanent, cutoff: 99))"
                == "lag test: 99 of 512 samples equal an earlier one")
        #expect(
            "\(Alarm(test: .duplicateBlock, level: .permanent, cutoff: 15))"
                == "duplicate block test: 15 samples came twice")
        #expect(
            "\(PermanentFailure.alarm(Self.repetition(.permanent, 16)))"
                == "repetition count test: one value 16 times in a row")
        #expect(
            "\(PermanentFailure.repeatedAlarms(last: proportion))".hasPrefix(
                "3 alarms within 24 hours, the last by the adaptive"))
    }

    @Test func levelsHaveTheirProbabilities() {
        #expect(AlarmLevel.intermittent.falseAlarmProbability == .intermittent)
        #expect(AlarmLevel.permanent.falseAlarmProbability == .permanent)
    }
}
