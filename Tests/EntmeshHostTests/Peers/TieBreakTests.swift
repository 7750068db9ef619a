// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshNode
import Testing

@testable import EntmeshHost

/// Of two connections between the same two hosts one stays, and both ends choose the same.
struct TieBreakTests {
    @Test(arguments: [("a", "b"), ("b", "a"), ("host1.example", "host10.example")])
    func bothEndsKeepTheOneThatTheSmallerNameDialled(_ own: String, _ peer: String) {
        let oursStays = own < peer
        #expect(
            TieBreak(ownName: own, peerName: peer, old: .us, new: .them, age: nil)
                == (oursStays ? .old : .new))
        #expect(
            TieBreak(ownName: own, peerName: peer, old: .them, new: .us, age: nil)
                == (oursStays ? .new : .old))
    }

    @Test func aSecondThatCameInIsAnotherHostUnderTheName() {
        #expect(
            TieBreak(ownName: "a", peerName: "b", old: .them, new: .them, age: nil) == .impostor)
        #expect(TieBreak(ownName: "a", peerName: "b", old: .us, new: .us, age: nil) == .old)
    }
}

extension TieBreakTests {
    @Test func whatIsGoodForLongerThanDialsTakeDidNotCross() {
        let long = TimeSpan.seconds(11)
        for names in [("a", "b"), ("b", "a")] {
            #expect(
                TieBreak(ownName: names.0, peerName: names.1, old: .us, new: .them, age: long)
                    == .impostor)
            #expect(
                TieBreak(ownName: names.0, peerName: names.1, old: .them, new: .us, age: long)
                    == .old)
        }
        #expect(
            TieBreak(ownName: "b", peerName: "a", old: .us, new: .them, age: .seconds(10)) == .new)
    }
}

/// Hosts that lost one do not all come back at once.
struct ReconnectDelayTests {
    @Test func theFirstDelaysOfManyAreSpreadOverTwoSeconds() {
        var generator = SystemRandomNumberGenerator()
        let delays = (0..<64).map { _ in
            var delay = ReconnectDelay()
            return delay.next(using: &generator).nanoseconds
        }
        #expect(delays.allSatisfy { $0 >= 100_000_000 && $0 <= 2_000_000_000 })
        // In no quarter of the time more than half of them: by chance, once in 10^8 runs.
        for quarter in 0..<4 {
            let range = Int64(quarter) * 500_000_000..<Int64(quarter + 1) * 500_000_000
            #expect(delays.count { range.contains($0) } <= 32)
        }
    }

    @Test func theyGrowToHalfAMinuteAndShrinkAgainAfterAConnection() {
        var generator = Greatest()
        var delay = ReconnectDelay()
        let seconds = (0..<6).map { _ in delay.next(using: &generator).wholeSeconds }
        #expect(seconds == [2, 4, 8, 16, 30, 30])
        delay.reset()
        #expect(delay.next(using: &generator).wholeSeconds == 2)
    }

    /// Gives the greatest number every time.
    private struct Greatest: RandomNumberGenerator {
        func next() -> UInt64 { .max }
    }
}
