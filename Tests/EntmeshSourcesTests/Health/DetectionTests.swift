// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshCoreTestSupport
import EntmeshNode
import Glibc
import Testing

@testable import EntmeshSources

/// How surely the tests find a source that fails, and how rarely they blame one that does not.
@Suite struct DetectionTests {
    /// The share of a favoured symbol in a source of 2.5 bits of min-entropy.
    private static let share = exp2(-2.5)

    @Test func theReferenceProbabilitiesHold() {
        // A window's first symbol is one of those with the share, and 77 more of the 511 are it.
        let perWindow = binomialTail(77, of: 511, at: Self.share)
        #expect(abs(perWindow - 0.948) < 0.0005)
        let favoured = Self.share * perWindow
        #expect(abs(favoured - 0.168) < 0.0005)
        #expect(1 - pow(1 - favoured, 17) >= 0.95)
    }

    @Test func aSourceStuckAtAnyPointIsFoundWithinTheCutoff() throws {
        for seed in 0..<50 as Range<UInt64> {
            var tests = try HealthTests.running(seed: seed)
            var noise = SplitMix(seed: ~seed)
            _ = tests.test(noise.bytes(Int(seed) * 7))
            let value = UInt8(truncatingIfNeeded: seed)
            var verdict = HealthTests.Verdict.passed(startUpCount: 0)
            var count = 0
            while case .passed = verdict, count < 100 {
                verdict = tests.test([value])
                count += 1
            }
            #expect(count <= 11)
        }
    }

    /// Five symbols with the full share each, and a sixth with what is left.
    private static func fewSymbols(_ noise: inout SplitMix) -> UInt8 {
        for symbol in 0..<5 as Range<UInt8> where noise.chance(share / (1 - share * Double(symbol)))
        {
            return symbol
        }
        return 5
    }

    /// One symbol with the share; the others share the rest.
    private static func oneFavoured(_ noise: inout SplitMix) -> UInt8 {
        noise.chance(share) ? 0 : UInt8(1 + noise.next() % 255)
    }

    /// The share of `trials` in which a fallen source alarms within `windows` windows.
    private static func found(
        windows: Int, trials: UInt64, by symbol: (inout SplitMix) -> UInt8
    ) throws -> Double {
        let cutoffs = try EntropyClaim(bitsPerByte: 4).proportionCutoffs
        var found = 0
        for seed in 0..<trials {
            var noise = SplitMix(seed: seed)
            var test = AdaptiveProportionTest(window: HealthTests.window, cutoffs: cutoffs)
            for _ in 0..<windows * HealthTests.window where test.take(symbol(&noise)) != nil {
                found += 1
                break
            }
        }
        return Double(found) / Double(trials)
    }

    @Test func aSourceFallenToFewSymbolsIsFoundWithinThreeWindows() throws {
        #expect(try Self.found(windows: 3, trials: 200, by: Self.fewSymbols) >= 0.95)
    }

    @Test func aSourceThatFavoursOneSymbolIsFoundWithinSeventeenWindows() throws {
        // 0.956 in theory; 400 trials have a standard deviation of 0.01.
        #expect(try Self.found(windows: 17, trials: 400, by: Self.oneFavoured) >= 0.935)
    }

    @Test(arguments: [8.0, 7, 4])
    func aPerfectSourceRaisesNoAlarm(bits: Double) throws {
        var tests = try HealthTests.running(bitsPerByte: bits)
        var noise = SplitMix(seed: 11)
        for _ in 0..<200 {
            #expect(tests.test(noise.bytes(512)) == .passed(startUpCount: 0))
        }
    }

    /// A source exactly as good as its claim of one bit: two symbols.
    @Test func falseAlarmsOfTheProportionTestAreAsRareAsAlpha() throws {
        let alpha = FalseAlarmProbability(negativeLog2: 6)
        let cutoff = try HealthCutoff.adaptiveProportion(
            bitsPerSymbol: 1, window: 512, alpha: alpha)
        var test = AdaptiveProportionTest(
            window: 512, cutoffs: AlarmCutoffs(intermittent: cutoff, permanent: .max))
        var noise = SplitMix(seed: 12)
        let windows = 3000
        var alarms = 0
        for _ in 0..<windows * 8 {
            var bits = noise.next()
            for _ in 0..<64 {
                if test.take(UInt8(bits & 1)) != nil { alarms += 1 }
                bits >>= 1
            }
        }
        // Half of a window's 511 others equal the first symbol, on average.
        let expected = Double(windows) * binomialTail(cutoff - 1, of: 511, at: 0.5)
        #expect(abs(Double(alarms) - expected) < 4 * expected.squareRoot())
        #expect(Double(alarms) <= Double(windows) * exp2(-6) * 1.3)
    }

    @Test func falseAlarmsOfTheRepetitionTestAreAsRareAsAlpha() throws {
        let cutoff = try HealthCutoff.repetitionCount(
            bitsPerSymbol: 1, alpha: FalseAlarmProbability(negativeLog2: 10))
        #expect(cutoff == 11)
        var test = RepetitionCountTest(
            cutoffs: AlarmCutoffs(intermittent: cutoff, permanent: .max))
        var noise = SplitMix(seed: 13)
        var alarms = 0
        let samples = 64 * 16_000
        for _ in 0..<samples / 64 {
            var bits = noise.next()
            for _ in 0..<64 {
                if test.take(UInt8(bits & 1)) != nil { alarms += 1 }
                bits >>= 1
            }
        }
        // A run begins with probability 1/2 at each sample, and then is long enough with 2^-10.
        let expected = Double(samples) / 2 * exp2(-10)
        #expect(abs(Double(alarms) - expected) < 4 * expected.squareRoot())
    }
}
