// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshCoreTestSupport
import EntmeshMesh
import EntmeshNode
import Testing

@Suite struct TokenBucketTests {
    private static func bucket(rate: Int, burst: Int) -> TokenBucket {
        TokenBucket(TokenBucket.Allowance(rate: rate, burst: burst), now: .at(0))
    }

    @Test func theBurstIsThereAtOnceAndTheRateAfterwards() {
        var bucket = Self.bucket(rate: 64, burst: 512)
        #expect(bucket.availableAt(512, now: .at(0)) == .at(0))
        bucket.take(512, now: .at(0))
        #expect(bucket.availableAt(32, now: .at(0)) == .at(0.5))
        #expect(bucket.availableAt(512, now: .at(1)) == .at(8))
        bucket.take(64, now: .at(1))
        #expect(bucket.availableAt(64, now: .at(1)) == .at(2))
    }

    @Test(arguments: [1, 3, 7, 64, 999, 1_000_003, 1 << 30] as [Int], [1, 31, 32, 512] as [Int])
    func theMomentItNamesIsEnoughAndTheMicrosecondBeforeIsNot(rate: Int, byteCount: Int) {
        var bucket = Self.bucket(rate: rate, burst: 512)
        bucket.take(512, now: .at(0))
        let moment = bucket.availableAt(byteCount, now: .at(0))
        #expect(moment > .at(0))
        var early = bucket
        let before = Moment(nanoseconds: moment.nanoseconds - 1000)
        #expect(early.availableAt(byteCount, now: before) > before)
        #expect(bucket.availableAt(byteCount, now: moment) == moment)
    }

    @Test(arguments: [8.0, 3600, 1e6, 6e9])
    func aPauseFillsItToTheBurstAndNoMore(seconds: Double) {
        var bucket = Self.bucket(rate: 64, burst: 512)
        bucket.take(512, now: .at(0))
        #expect(bucket.availableAt(512, now: .at(seconds)) == .at(seconds))
        bucket.take(512, now: .at(seconds))
        #expect(bucket.availableAt(1, now: .at(seconds)) > .at(seconds))
    }

    @Test func aClockThatGoesBackGivesNothingAndTakesNothing() {
        var bucket = Self.bucket(rate: 64, burst: 512)
        bucket.take(512, now: .at(100))
        #expect(bucket.availableAt(64, now: .at(50)) == .at(51))
        #expect(bucket.availableAt(64, now: .at(100)) == .at(101))
        #expect(bucket.availableAt(64, now: .at(101)) == .at(101))
    }

    @Test(arguments: [1, 333, 999, 1000, 1001, 1999, 2500] as [Int64])
    func stepsShorterThanAMicrosecondLoseNothing(step: Int64) {
        var often = Self.bucket(rate: 1_000_000, burst: 512)
        often.take(512, now: .at(0))
        var once = often
        let end: Int64 = 100_003
        for nanoseconds in stride(from: step, through: end, by: Int(step)) {
            _ = often.availableAt(1, now: Moment(nanoseconds: nanoseconds))
        }
        let last = Moment(nanoseconds: end)
        #expect(often.availableAt(512, now: last) == once.availableAt(512, now: last))
    }

    @Test func moreThanTheBurstIsADebtThatIsPaidAfterwards() {
        var bucket = Self.bucket(rate: 10, burst: 100)
        #expect(bucket.availableAt(4096, now: .at(0)) == .at(0))
        bucket.take(4096, now: .at(0))
        #expect(bucket.availableAt(1, now: .at(0)) == .at(399.7))
        #expect(bucket.availableAt(4096, now: .at(399.7)) == .at(409.6))
    }

    @Test func changedTermsKeepTheLevelWithinTheNewBurst() {
        var bucket = Self.bucket(rate: 64, burst: 512)
        bucket.allowance = TokenBucket.Allowance(rate: 1, burst: 32)
        #expect(bucket.availableAt(32, now: .at(0)) == .at(0))
        bucket.take(32, now: .at(1))
        #expect(bucket.availableAt(1, now: .at(1)) == .at(2))
        bucket.allowance = TokenBucket.Allowance(rate: 64, burst: 512)
        #expect(bucket.availableAt(512, now: .at(1)) == .at(9))
    }

    @Test(arguments: [(0, 0), (-1, -1), (.min, .min)])
    func anAllowanceIsAtLeastAByte(rate: Int, burst: Int) {
        let allowance = TokenBucket.Allowance(rate: rate, burst: burst)
        #expect(allowance == TokenBucket.Allowance(rate: 1, burst: 1))
    }

    @Test(arguments: [(1, Int.max), (Int.max, 1), (.max, .max), (1 << 30, 1 << 30)])
    func noAllowanceOverflows(rate: Int, burst: Int) {
        var bucket = Self.bucket(rate: rate, burst: burst)
        for seconds in [0, 1e-6, 1, 1e5, 9e9] as [Double] {
            let moment = bucket.availableAt(.max, now: .at(seconds))
            bucket.take(bucket.allowance.burst, now: moment)
            let later = bucket.availableAt(1 << 20, now: moment)
            #expect(later >= moment)
        }
    }

    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func overAnyTimeItGivesTheBurstAndTheRateAndNotAByteMore(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let rate = Int.random(in: 1...10_000, using: &random)
        let burst = Int.random(in: 32...2048, using: &random)
        var bucket = Self.bucket(rate: rate, burst: burst)
        var now = Moment.at(0)
        var taken = 0
        for _ in 0..<5000 {
            now = now + TimeSpan(nanoseconds: Int64.random(in: 0...20_000_000, using: &random))
            let wanted = Int.random(in: 1...burst, using: &random)
            if bucket.availableAt(wanted, now: now) <= now {
                bucket.take(wanted, now: now)
                taken += wanted
            }
            #expect(Double(taken) <= Double(burst) + Double(rate) * now.seconds)
        }
        #expect(Double(taken) >= Double(rate) * now.seconds * 0.5)
    }
}
