// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshCoreTestSupport
import Testing

@testable import EntmeshSources

@Suite struct ObservedEntropyTests {
    private static func observed(
        _ samples: [UInt8], claim: Double = 1
    ) -> ObservedEntropy? {
        var histogram = Histogram()
        samples.withUnsafeBytes { histogram.take($0) }
        return histogram.observed(claim: claim)
    }

    /// The example of SP 800-90B section 6.3.1: p_u is 0.6895.
    @Test func theEstimateIsThatOfTheStandardsExample() throws {
        let observed = try #require(
            Self.observed([0, 1, 1, 2, 0, 1, 2, 2, 0, 1, 0, 1, 1, 0, 2, 2, 1, 0, 2, 1]))
        #expect(abs(observed.bitsPerByte - 0.5363) < 0.0001)
        #expect(observed.sampleCount == 20)
    }

    @Test func aSourceThatIsStuckHasNone() throws {
        let observed = try #require(Self.observed([UInt8](repeating: 0, count: 512)))
        #expect(observed.bitsPerByte == 0)
        #expect("\(observed)" == "observed 0.0 bits a byte in 512 samples, 1.0 claimed")
    }

    @Test func fewValuesShowInTheWords() throws {
        let samples = (0..<1024).map { UInt8($0 % 4) }
        let observed = try #require(Self.observed(samples, claim: 4))
        #expect("\(observed)" == "observed 1.8 bits a byte in 1024 samples, 4.0 claimed")
    }

    /// A start-up test is short: more than this it cannot show even of the best.
    @Test func goodNoiseShowsMoreThanFiveBitsInAStartUpTest() throws {
        var noise = SplitMix(seed: 5)
        for _ in 0..<50 {
            let observed = try #require(
                Self.observed(noise.bytes(HealthTests.startUpSampleCount), claim: 8))
            #expect((5...6.5).contains(observed.bitsPerByte))
        }
    }

    @Test func oneSampleShowsNothing() {
        #expect(Self.observed([]) == nil)
        #expect(Self.observed([7]) == nil)
        #expect(Self.observed([7, 7]) != nil)
    }

    @Test func blocksAddUpUntilAReset() throws {
        var histogram = Histogram()
        [UInt8](repeating: 1, count: 10).withUnsafeBytes { histogram.take($0) }
        [UInt8](repeating: 2, count: 10).withUnsafeBytes { histogram.take($0) }
        let both = try #require(histogram.observed(claim: 1))
        #expect(both.sampleCount == 20)
        #expect(both == Self.observed((0..<20).map { $0 % 2 }))
        histogram.reset()
        #expect(histogram.observed(claim: 1) == nil)
    }

    // MARK: In an alarm

    @Test func anAlarmOfAStartUpTestSaysWhatWasSeenInIt() throws {
        var tests = HealthTests(claim: try EntropyClaim(bitsPerByte: 1))
        var noise = SplitMix(seed: 6)
        _ = tests.test(noise.bytes(100))
        let verdict = tests.test([UInt8](repeating: 0, count: 412))
        guard case .alarm(let alarm) = verdict else {
            Issue.record("no alarm: \(verdict)")
            return
        }
        let observed = try #require(alarm.observed)
        #expect(observed.sampleCount == 512)
        #expect(observed.claimedBitsPerByte == 1)
        #expect("\(alarm)".hasSuffix("in a row; \(observed)"))
        #expect("\(tests.state)".contains("observed"))
    }

    @Test func anAlarmOfARunningSourceSaysNothingOfIt() throws {
        var tests = try HealthTests.running()
        let verdict = tests.test([UInt8](repeating: 0, count: 16))
        guard case .alarm(let alarm) = verdict else {
            Issue.record("no alarm: \(verdict)")
            return
        }
        #expect(alarm.observed == nil)
        #expect("\(alarm)" == "repetition count test: one value 16 times in a row")
    }

    @Test func whatWasSeenBeforeARestartDoesNotCount() throws {
        var tests = HealthTests(claim: try EntropyClaim(bitsPerByte: 1))
        var noise = SplitMix(seed: 7)
        _ = tests.test(noise.bytes(500))
        tests.restart()
        let verdict = tests.test([UInt8](repeating: 0, count: 100))
        guard case .alarm(let alarm) = verdict else {
            Issue.record("no alarm: \(verdict)")
            return
        }
        #expect(alarm.observed?.sampleCount == 100)
    }
}
