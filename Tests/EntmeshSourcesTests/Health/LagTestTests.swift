// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshCoreTestSupport
import Glibc
import Testing

@testable import EntmeshSources

@Suite struct LagTestTests {
    private static let cutoffs = AlarmCutoffs(intermittent: 10, permanent: 20)

    /// The alarms that `samples` raise in a new test, given all at once or in pieces.
    private static func alarms(
        _ samples: [UInt8], pieces: [Int] = [], cutoffs: AlarmCutoffs = cutoffs, window: Int = 512
    ) -> [AlarmLevel] {
        var test = LagTest(window: window, cutoffs: cutoffs)
        var alarms: [AlarmLevel] = []
        var rest = samples[...]
        for piece in pieces { take(rest.popFirst(piece), &test, &alarms) }
        take(Array(rest), &test, &alarms)
        return alarms
    }

    private static func take(
        _ samples: [UInt8], _ test: inout LagTest, _ alarms: inout [AlarmLevel]
    ) {
        samples.withUnsafeBytes { bytes in test.take(bytes) { alarms.append($0) } }
    }

    @Test func theDistancesAreThePowersOfTwoUpToTheHistory() {
        #expect(LagTest.distances == (0...8).map { 1 << $0 })
        #expect(LagTest.distances.max() == LagTest.historyCount)
    }

    @Test(arguments: [0.125, 0.5, 1, 2.5, 4, 7, 8])
    func theCutoffsAreThoseOfTheProportionTestAtANinthOfAlpha(bits: Double) throws {
        let cutoffs = try EntropyClaim(bitsPerByte: bits).lagCutoffs
        for level in [AlarmLevel.intermittent, .permanent] {
            let alpha = FalseAlarmProbability(
                negativeLog2: level.falseAlarmProbability.negativeLog2 + log2(9))
            let cutoff = try HealthCutoff.adaptiveProportion(
                bitsPerSymbol: bits, window: 512, alpha: alpha)
            #expect(cutoffs[level] == cutoff)
            #expect(cutoff <= 512)
        }
    }

    // MARK: Levels

    @Test func samplesThatNeverMatchRaiseNothing() {
        let quiet = LagPattern(count: 4096).samples
        #expect(LagPattern.matches(in: quiet, window: 512).allSatisfy { $0.allSatisfy { $0 == 0 } })
        #expect(Self.alarms(quiet, cutoffs: AlarmCutoffs(intermittent: 1, permanent: 1)).isEmpty)
    }

    @Test(arguments: LagTest.distances)
    func aLevelIsReachedAtItsCutoffAndReportedOnce(distance: Int) {
        let expected: [(Int, [AlarmLevel])] = [
            (9, []), (10, [.intermittent]), (11, [.intermittent]), (19, [.intermittent]),
            (20, [.intermittent, .permanent]), (21, [.intermittent, .permanent]),
            (200, [.intermittent, .permanent]),
        ]
        for (matches, levels) in expected {
            let samples = LagPattern(count: 512, matches: matches, at: distance).samples
            #expect(Self.alarms(samples) == levels)
            #expect(Self.alarms(samples, pieces: Array(repeating: 1, count: 512)) == levels)
        }
    }

    @Test func matchesAtDifferentDistancesDoNotAddUp() {
        let near = LagPattern(count: 512, matches: 9, at: 1).samples
        let far = LagPattern(count: 512, matches: 9, at: 64, from: 256).samples
        let all = Array(near[..<256] + far[256...])
        let counts = LagPattern.matches(in: all, window: 512)[0]
        #expect(counts[0] == 9 && counts[6] == 9)
        #expect(Self.alarms(all).isEmpty)
    }

    // MARK: Windows

    @Test func windowsDoNotOverlap() {
        // Nine matches end one window, and nine begin the next.
        var samples = LagPattern(count: 1024, matches: 9, at: 1, from: 512 - 18).samples
        samples[512...] = LagPattern(count: 1024, matches: 9, at: 1, from: 512).samples[512...]
        #expect(LagPattern.matches(in: samples, window: 512).map { $0[0] } == [9, 9])
        #expect(Self.alarms(samples).isEmpty)
        // The same within one window.
        #expect(Self.alarms(Array(samples[256..<768])) == [.intermittent])
    }

    @Test func everyWindowIsCountedAnew() {
        let window = LagPattern(count: 512, matches: 15, at: 1).samples
        #expect(Self.alarms(window + window) == [.intermittent, .intermittent])
    }

    @Test func theHistoryReachesIntoTheWindowBefore() {
        let first = LagPattern(count: 512).samples
        // Equal to what stands 256 before, and so to the end of the first window.
        let second = Array(first[256...])
        #expect(Self.alarms(first + second) == [.intermittent, .permanent])
    }

    // MARK: Pieces

    /// Few values, some repeats, and windows that end within pieces.
    @Test(arguments: 0..<20 as Range<UInt64>)
    func piecesOfAnySizeCountAsAllAtOnce(seed: UInt64) {
        var noise = SplitMix(seed: seed)
        let period = Int(noise.next() % 300) + 1
        let block = noise.bytes(period).map { $0 % 12 }
        let samples = (0..<3000).map { noise.chance(0.2) ? UInt8(99) : block[$0 % period] }
        let cutoffs = AlarmCutoffs(intermittent: 70, permanent: 120)
        var expected = [AlarmLevel.intermittent: 0, .permanent: 0]
        for count in LagPattern.matches(in: samples, window: 512).flatMap({ $0 }) {
            if count >= 70 { expected[.intermittent, default: 0] += 1 }
            if count >= 120 { expected[.permanent, default: 0] += 1 }
        }
        for longest in [1, 7, 256, 511, 700, 3000] {
            let pieces = (0..<3000).map { _ in Int(noise.next() % UInt64(longest)) + 1 }
            let alarms = Self.alarms(samples, pieces: pieces, cutoffs: cutoffs)
            #expect(alarms.count { $0 == .intermittent } == expected[.intermittent])
            #expect(alarms.count { $0 == .permanent } == expected[.permanent])
        }
    }

    @Test func nothingTakenIsNothing() {
        #expect(Self.alarms([]).isEmpty)
    }

    // MARK: Restart

    @Test func afterARestartTheSamplesBeforeAreForgotten() {
        let block = LagPattern(count: 256).samples
        var test = LagTest(window: 512, cutoffs: Self.cutoffs)
        var alarms: [AlarmLevel] = []
        Self.take(block, &test, &alarms)
        test.restart()
        Self.take(block, &test, &alarms)
        #expect(alarms.isEmpty)
        Self.take(block, &test, &alarms)
        #expect(alarms == [.intermittent, .permanent])
    }

    /// Memory that is wiped is no samples: a zero has nothing to equal in it.
    @Test func theFirstSamplesHaveNothingToEqual() {
        var zeros = LagPattern(count: 256).samples
        // Three apart, so that no distance is between two of them.
        for place in stride(from: 0, to: 120, by: 3) { zeros[place] = 0 }
        #expect(Self.alarms(zeros).isEmpty)
        var test = LagTest(window: 512, cutoffs: Self.cutoffs)
        var alarms: [AlarmLevel] = []
        Self.take(LagPattern(count: 300).samples, &test, &alarms)
        test.restart()
        Self.take(zeros, &test, &alarms)
        #expect(alarms.isEmpty)
    }

    @Test func afterARestartAWindowBegins() {
        let window = LagPattern(count: 500, matches: 9, at: 1, from: 482).samples
        var test = LagTest(window: 512, cutoffs: Self.cutoffs)
        var alarms: [AlarmLevel] = []
        Self.take(window, &test, &alarms)
        test.restart()
        // Nine more, with which the first window would have had eighteen.
        Self.take(LagPattern(count: 20, matches: 9, at: 1).samples, &test, &alarms)
        #expect(alarms.isEmpty)
        Self.take(LagPattern(count: 20, matches: 9, at: 1).samples, &test, &alarms)
        #expect(alarms == [.intermittent])
    }

    // MARK: False alarms

    /// A source exactly as good as its claim of one bit. Each distance is a coin of its own.
    @Test func falseAlarmsAreAsRareAsAlpha() throws {
        let alpha = FalseAlarmProbability(negativeLog2: 3)
        let cutoff = try HealthCutoff.adaptiveProportion(
            bitsPerSymbol: 1, window: 512, alpha: alpha.shared(by: LagTest.distances.count))
        let cutoffs = AlarmCutoffs(intermittent: cutoff, permanent: .max)
        var test = LagTest(window: 512, cutoffs: cutoffs)
        var noise = SplitMix(seed: 14)
        let windows = 3000
        var alarms: [AlarmLevel] = []
        for _ in 0..<windows {
            let bits = (0..<8).map { _ in noise.next() }
            let samples = (0..<512).map { UInt8(bits[$0 / 64] >> UInt64($0 % 64) & 1) }
            Self.take(samples, &test, &alarms)
        }
        let expected =
            Double(windows * LagTest.distances.count) * binomialTail(cutoff, of: 512, at: 0.5)
        #expect(abs(Double(alarms.count) - expected) < 4 * expected.squareRoot())
        #expect(Double(alarms.count) <= Double(windows) * exp2(-3) * 1.3)
        #expect(Double(alarms.count) >= Double(windows) * exp2(-3) * 0.6)
    }
}

extension ArraySlice {
    /// Takes the first `count` elements away, or as many as there are.
    fileprivate mutating func popFirst(_ count: Int) -> [Element] {
        defer { self = dropFirst(count) }
        return Array(prefix(count))
    }
}
