// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshCoreTestSupport
import Testing

@testable import EntmeshSources

/// F3: sources that repeat themselves, and which test finds that.
@Suite struct PatternDetectionTests {
    /// A block of different values, in no order.
    private static func block(_ count: Int, seed: UInt64) -> [UInt8] {
        var noise = SplitMix(seed: seed)
        return Array(((0...255).map { UInt8($0) }).shuffled(using: &noise).prefix(count))
    }

    /// The first alarm of a source that ran well, and then gives `block` over and over in reads of
    /// `readCount`; and how many samples that took.
    private static func alarm(
        claim bits: Double, block: [UInt8], readCount: Int, limit: Int = 8192
    ) throws -> (alarm: Alarm, sampleCount: Int)? {
        var tests = try HealthTests.running(bitsPerByte: bits)
        for start in stride(from: 0, to: limit, by: readCount) {
            let samples = (start..<start + readCount).map { block[$0 % block.count] }
            let verdict = tests.test(samples)
            if case .alarm(let alarm) = verdict { return (alarm, start + readCount) }
        }
        return nil
    }

    @Test(arguments: [
        (8.0, HealthTest.adaptiveProportion), (4, .adaptiveProportion), (2, .adaptiveProportion),
        (1, .lag), (0.5, .lag), (0.125, .lag),
    ])
    func twoValuesThatAlternateAreFoundInTwoWindows(bits: Double, test: HealthTest) throws {
        for seed in 0..<20 as Range<UInt64> {
            let block = Self.block(2, seed: seed)
            let found = try #require(
                try Self.alarm(claim: bits, block: block, readCount: 512))
            #expect(found.alarm.test == test)
            #expect(found.sampleCount <= 1024)
        }
    }

    @Test func threeValuesInTurnAreFoundWhereMoreIsClaimedThanTheyHave() throws {
        for bits in [8.0, 4, 2.5] {
            let found = try #require(
                try Self.alarm(claim: bits, block: Self.block(3, seed: 1), readCount: 512))
            #expect(found.alarm.test == .adaptiveProportion)
            #expect(found.sampleCount <= 512)
        }
    }

    /// No distance is a multiple of three. Where the claim is so low that three values may be all
    /// there is, they are found if they begin at the same place in two reads.
    @Test func threeValuesInTurnAreFoundAtALowClaimIfTheyFillTheReads() throws {
        let found = try #require(
            try Self.alarm(claim: 1, block: Self.block(3, seed: 1), readCount: 255))
        #expect(found.alarm.test == .duplicateBlock)
        #expect(found.sampleCount == 510)
    }

    @Test(arguments: [16, 64, 256], [4.0, 1, 0.5])
    func aBlockWhoseLengthIsAPowerOfTwoIsFoundByTheLagTest(length: Int, bits: Double) throws {
        for (seed, readCount) in [(1, 512), (2, 100), (3, 37), (4, 1)] as [(UInt64, Int)] {
            let block = Self.block(length, seed: seed)
            let found = try #require(
                try Self.alarm(claim: bits, block: block, readCount: readCount))
            #expect(found.alarm.test == .lag)
            // A block to begin with, and then a window of matches, which starts anywhere.
            #expect(found.sampleCount <= length + 2 * 512 + readCount)
        }
    }

    @Test(arguments: [100, 144, 256, 512], [8.0, 4, 1])
    func aReadThatComesAgainIsFoundAtOnce(length: Int, bits: Double) throws {
        var noise = SplitMix(seed: UInt64(length))
        let found = try #require(
            try Self.alarm(claim: bits, block: noise.bytes(length), readCount: length))
        #expect(found.alarm.level == .permanent)
        #expect(found.sampleCount == 2 * length)
        // 256 samples are repeats at a distance too; in half a window enough of them for most.
        #expect(found.alarm.test == (length == 256 && bits > 1 ? .lag : .duplicateBlock))
    }

    @Test func aReadThatComesAgainIsFoundInAStartUpTestToo() throws {
        var tests = HealthTests(claim: try EntropyClaim(bitsPerByte: 4))
        var noise = SplitMix(seed: 8)
        let block = noise.bytes(144)
        let first = tests.test(block)
        #expect(first == .passed(startUpCount: 144))
        _ = tests.test(block)
        #expect(tests.state.isFailed)
        #expect(tests.alarmCounts.duplicateBlock == 1)
        #expect("\(tests.state)".contains("duplicate block test"))
    }

    /// A device that was opened again and gives its old buffer.
    @Test func aReadThatComesAgainAfterARestartIsFound() throws {
        var tests = try HealthTests.running()
        var noise = SplitMix(seed: 9)
        let block = noise.bytes(144)
        _ = tests.test(block)
        tests.restart()
        let verdict = tests.test(block)
        guard case .alarm(let alarm) = verdict else {
            Issue.record("no alarm: \(verdict)")
            return
        }
        #expect(alarm.test == .duplicateBlock)
    }

    @Test func aShortReadThatComesAgainQuarantinesAndIsOneAlarm() throws {
        var tests = try HealthTests.running()
        let block = Self.block(12, seed: 3)
        _ = tests.test(block)
        let verdict = tests.test(block)
        #expect(
            verdict
                == .alarm(Alarm(test: .duplicateBlock, level: .intermittent, cutoff: 10)))
        #expect(tests.alarmCounts.total == 1)
        #expect(tests.state.remaining == 1024)
    }

    /// One defect is one alarm: samples that are stuck are repeats at every distance too.
    @Test func aStuckSourceIsTheRepetitionTestsAlone() throws {
        var tests = try HealthTests.running()
        _ = tests.test([UInt8](repeating: 7, count: 512))
        #expect(tests.alarmCounts.lag == 0)
        #expect(tests.alarmCounts.duplicateBlock == 0)
        #expect(tests.alarmCounts.repetitionCount > 0)
    }

    // MARK: False alarms

    /// Each source is exactly as good as its claim: as many values as it says, all equally likely.
    @Test(arguments: [8.0, 4, 1])
    func aPerfectSourceRaisesNothingInAThousandWindows(bits: Double) throws {
        var tests = HealthTests(claim: try EntropyClaim(bitsPerByte: bits))
        var noise = SplitMix(seed: 15)
        let mask = UInt8(truncatingIfNeeded: 1 << Int(bits) - 1)
        for index in 0..<1000 {
            // Reads of all lengths: the tests must not care where one ends.
            let samples = noise.bytes(index % 2 == 0 ? 512 : 1 + index % 512).map { $0 & mask }
            let verdict = tests.test(samples)
            if case .alarm(let alarm) = verdict { Issue.record("\(alarm)") }
        }
        #expect(tests.alarmCounts.total == 0)
        #expect(tests.state == .running)
    }
}
