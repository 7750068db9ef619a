// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import EntmeshNode
import Testing

@testable import EntmeshGuest

/// The account of what a pool gives, without an agent around it.
@Suite struct GivingTests {
    private let start = Moment(nanoseconds: 1_000_000_000)

    private let hello = Hello(
        kind: .buffer, capacity: 1 << 20, sends: true, accepts: .credit, isReady: true,
        occasion: .start, agentVersion: PrintableText())

    private func giving(level percent: UInt8) -> Giving {
        var giving = Giving()
        giving.opened(hello)
        announce(percent, to: &giving)
        return giving
    }

    private func announce(_ percent: UInt8, to giving: inout Giving) {
        FillLevel(percent: percent).map { giving.received($0) }
    }

    private func isDue(
        _ giving: inout Giving, bits: Int? = 256, of poolBits: Int = 256, at now: Moment
    ) -> Bool {
        giving.nextBlock(bits: bits, of: poolBits, now: now).map { $0 <= now } ?? false
    }

    // Sends the block that is due and hears that it was taken.
    private func give(_ giving: inout Giving, from poolBits: Int = 256, at now: Moment) {
        giving.sent(from: poolBits, now: now)
        giving.settled(delivered: true, now: now)
    }

    @Test(arguments: [(0, true), (50, true), (90, true), (91, false), (99, false), (100, false)])
    func aModernPoolGivesToWhomItIsTenPointsAbove(percent: UInt8, gives: Bool) {
        var giving = giving(level: percent)
        #expect((giving.nextBlock(bits: 256, of: 256, now: start) != nil) == gives)
    }

    @Test func nothingIsDueBeforeTheHostAnnounced() {
        var giving = Giving()
        #expect(giving.nextBlock(bits: 256, of: 256, now: start) == nil)
        giving.opened(hello)
        #expect(giving.nextBlock(bits: 256, of: 256, now: start) == nil)
    }

    @Test func nothingIsDueBeforeTheGeneratorIsReady() {
        var giving = giving(level: 0)
        #expect(giving.nextBlock(bits: nil, of: 256, now: start) == nil)
        #expect(isDue(&giving, at: start))
    }

    @Test func aModernPoolHasOneBlockAMinuteAndSavesUpNoMore() {
        var giving = giving(level: 0)
        // An hour without a request: still one block.
        let later = start + .seconds(3600)
        #expect(isDue(&giving, at: later))
        give(&giving, at: later)
        #expect(giving.nextBlock(bits: 256, of: 256, now: later) == later + .seconds(60))
        #expect(!isDue(&giving, at: later + TimeSpan(nanoseconds: 59_999_999_999)))
        #expect(isDue(&giving, at: later + .seconds(60)))
    }

    @Test func oneBlockIsOnItsWayAtATime() {
        var giving = giving(level: 0)
        giving.sent(from: 4096, now: start)
        #expect(giving.nextBlock(bits: 4096, of: 4096, now: start) == nil)
        giving.settled(delivered: true, now: start)
        #expect(giving.nextBlock(bits: 4096, of: 4096, now: start) != nil)
    }

    @Test func aBlockEndsTheRequestAndTheNextMustBeginAnew() {
        var giving = giving(level: 90)
        #expect(isDue(&giving, at: start))
        give(&giving, at: start)
        announce(93, to: &giving)
        // Seven points would let a request go on, but not begin.
        #expect(giving.nextBlock(bits: 256, of: 256, now: start + .seconds(30)) == nil)
        #expect(giving.nextBlock(bits: 256, of: 256, now: start + .seconds(60)) == nil)
        announce(90, to: &giving)
        #expect(isDue(&giving, at: start + .seconds(60)))
    }

    @Test func aForecastDoesNotBeginARequest() {
        var giving = giving(level: 0)
        #expect(isDue(&giving, at: start))
        give(&giving, at: start)
        #expect(!isDue(&giving, at: start + .seconds(30)))
        announce(93, to: &giving)
        #expect(giving.nextBlock(bits: 256, of: 256, now: start + .seconds(60)) == nil)
    }

    @Test func theBudgetOutlivesTheConnection() {
        var giving = giving(level: 0)
        #expect(isDue(&giving, at: start))
        give(&giving, at: start)
        giving.ended()
        #expect(giving.nextBlock(bits: 256, of: 256, now: start + .seconds(60)) == nil)
        giving.opened(hello)
        announce(0, to: &giving)
        #expect(giving.nextBlock(bits: 256, of: 256, now: start) == start + .seconds(60))
    }

    @Test func whatIsRefusedIsFollowedByPausesThatDouble() {
        var giving = giving(level: 0)
        var pauses: [Int64] = []
        for _ in 0..<11 {
            giving.sent(from: 4096, now: start)
            giving.settled(delivered: false, now: start)
            let due = giving.nextBlock(bits: 1 << 20, of: 4096, now: start)
            pauses.append(due.map { ($0 - start).wholeSeconds } ?? -1)
        }
        #expect(pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300])
        #expect(giving.byteCount == 0)
        let later = start + .seconds(300)
        give(&giving, from: 4096, at: later)
        #expect(giving.byteCount == 32)
        // What was taken makes the next pause short again.
        giving.sent(from: 4096, now: later)
        giving.settled(delivered: false, now: later)
        #expect(giving.nextBlock(bits: 1 << 20, of: 4096, now: later) == later + .seconds(1))
    }

    @Test func anOldPoolGivesByItsCountAndEachBlockCosts256Bits() {
        var giving = giving(level: 0)
        var blocks = 0
        while isDue(&giving, bits: 1000, of: 4096, at: start), blocks < 100 {
            give(&giving, from: 4096, at: start)
            blocks += 1
        }
        // 24, 18 and 12 points above 0; less than a block is left.
        #expect(blocks == 3)
    }

    @Test func whatPeersPutIntoAnOldPoolIsNotGivenBack() {
        var giving = giving(level: 0)
        giving.tookIn(bits: 3000)
        #expect(!isDue(&giving, bits: 3000, of: 4096, at: start))
        #expect(!isDue(&giving, bits: 3255, of: 4096, at: start))
        #expect(!isDue(&giving, bits: 3409, of: 4096, at: start))
        // 410 bits of its own are ten points of 4096.
        #expect(isDue(&giving, bits: 3410, of: 4096, at: start))
    }

    @Test func whatIsDrawnFromAnOldPoolIsItsOwnFirst() {
        var giving = giving(level: 0)
        giving.tookIn(bits: 1000)
        #expect(!isDue(&giving, bits: 700, of: 4096, at: start))
        // Nothing above 700 can be a peer's: what is gathered from here on is its own.
        #expect(isDue(&giving, bits: 1200, of: 4096, at: start))
    }

    @Test func anOldPoolWithLessThanABlockOfItsOwnIsEmpty() {
        var giving = giving(level: 0)
        #expect(!isDue(&giving, bits: 255, of: 4096, at: start))
    }
}
