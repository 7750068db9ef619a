// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import EntmeshCoreTestSupport
import EntmeshLinux
import EntmeshNode
import Testing

@testable import EntmeshGuest

/// The seed's K <-> M, the way from K to M: an agent with `--give`, and a host that takes.
@Suite struct GivingToHostTests {
    private func pair(
        _ kernel: FakeKernel = .modern(), accepts: InboundTrust = .credit
    ) -> Pair {
        var settings = GuestSettings()
        settings.gives = true
        return Pair(kernel, settings: settings, hostAccepts: accepts)
    }

    @Test func theHelloSaysThatItGives() {
        let pair = pair()
        pair.connect()
        #expect(pair.hello?.sends == true)
        #expect(pair.hello?.accepts == .credit)
    }

    @Test func anEmptyTankGetsABlockOfTheKernelsGenerator() {
        let pair = pair()
        pair.connect()
        #expect(pair.taken.isEmpty)
        pair.announce(0)
        #expect(pair.taken == pair.kernel.drawn)
        #expect(pair.taken.map(\.count) == [32])
        #expect(pair.record.givenBytes == 32)
        // K has never been fed: it says so, and gives all the same.
        #expect(pair.levels == [0])
    }

    @Test func aFullTankGetsNothingAndOneTenPointsBelowABlock() {
        let pair = pair()
        pair.connect()
        pair.announce(100)
        pair.announce(91)
        #expect(pair.taken.isEmpty)
        pair.announce(90)
        #expect(pair.taken.count == 1)
    }

    @Test func anHourOfAThirstyTankIsABlockAMinuteAndNeverTheSameTwice() {
        let pair = pair()
        pair.connect()
        pair.announce(0)
        pair.pass(.seconds(3600))
        #expect((60...61).contains(pair.taken.count))
        #expect(Set(pair.taken).count == pair.taken.count)
        #expect(pair.taken == pair.kernel.drawn)
        #expect(pair.record.givenBytes == Int64(32 * pair.taken.count))
    }

    @Test func givingWakesTheAgentOnceAMinute() {
        let giver = pair()
        let taker = Pair()
        for pair in [giver, taker] {
            pair.connect()
            pair.feed()
        }
        giver.announce(0)
        giver.wakes = 0
        giver.pass(.seconds(600))
        taker.pass(.seconds(600))
        #expect(giver.wakes <= taker.wakes + 10)
    }

    @Test func aSatisfiedGiverWakesNoMoreThanATaker() {
        let giver = pair()
        let taker = Pair()
        for pair in [giver, taker] {
            pair.connect()
            pair.feed()
        }
        giver.announce(100)
        giver.pass(.seconds(600))
        taker.pass(.seconds(600))
        #expect(giver.wakes == taker.wakes)
        #expect(giver.taken.isEmpty)
    }

    @Test func nothingIsGivenBeforeTheGeneratorIsReady() {
        let pair = pair(.modern(isReady: false))
        pair.connect()
        pair.announce(0)
        pair.pass(.seconds(330))
        #expect(pair.taken.isEmpty && pair.kernel.drawn.isEmpty)
        // It becomes ready by itself, and that is seen within a minute.
        pair.kernel.isReady = true
        pair.pass(.seconds(59))
        #expect(pair.taken.count == 1)
    }

    @Test func withoutTheOptionNothingIsGivenAndNothingDrawn() {
        let pair = Pair(hostAccepts: .credit)
        pair.connect()
        #expect(pair.hello?.sends == false)
        pair.announce(0)
        pair.pass(.seconds(600))
        #expect(pair.taken.isEmpty && pair.kernel.drawn.isEmpty)
        #expect(pair.record.givenBytes == nil)
    }

    @Test func aHostThatTakesNothingIsGivenNothing() {
        let pair = pair(accepts: .refuse)
        pair.connect()
        pair.feed()
        pair.pass(.seconds(600))
        #expect(pair.taken.isEmpty)
    }

    @Test func theReceiptIsOutBeforeABlockFollows() {
        let pair = pair()
        pair.connect()
        pair.announce(100)
        pair.feed()
        #expect(pair.writes.last == [.level(100), .receipt(1, .reseeded, 0)])
        pair.announce(50)
        #expect(pair.writes.last == [.block(1)])
        pair.feed()
        #expect(pair.writes.last == [.receipt(2, .reseeded, 0)])
    }

    @Test func whileWhatWasSaidBeforeWaitsNothingIsGiven() {
        let pair = pair()
        pair.connect()
        pair.hostReads = false
        pair.feed()
        pair.announce(0)
        #expect(pair.kernel.drawn.isEmpty)
        pair.hostReads = true
        pair.tick()
        pair.pass(.milliseconds(1))
        #expect(pair.taken.count == 1)
    }

    @Test func aLevelThatMovedByFiveIsAnnouncedBeforeTheBlock() {
        let pair = pair()
        pair.connect()
        pair.feed()
        pair.announce(100)
        pair.pass(.seconds(40))
        #expect(pair.levels == [0, 100])
        pair.announce(50)
        #expect(pair.writes.last == [.level(93), .block(1)])
    }

    @Test(arguments: [Receipt.Outcome.discarded, .failed])
    func aRefusedBlockIsSpentAndTheNextComesLaterAndLater(outcome: Receipt.Outcome) {
        let pair = pair()
        pair.hostOutcome = outcome
        pair.connect()
        pair.announce(0)
        pair.pass(.seconds(3600))
        // A minute apart at first, which is longer than the pauses; then 64, 128, 256 and 300 s.
        #expect((15...20).contains(pair.taken.count))
        #expect(Set(pair.taken).count == pair.taken.count)
        #expect(pair.record.givenBytes == 0)
        pair.hostOutcome = .accepted
        pair.pass(.seconds(600))
        #expect((pair.record.givenBytes ?? 0) >= 32 * 5)
    }

    @Test func aBlockWithoutAReceiptEndsTheConnectionAndIsNotSentAgain() {
        let pair = pair()
        pair.hostOutcome = nil
        pair.connect()
        pair.announce(0)
        pair.pass(.seconds(30))
        #expect(pair.heard.last == .closed(.receiptTimeout))
        pair.hangUp()
        pair.hostOutcome = .accepted
        pair.connect()
        pair.announce(0)
        #expect(pair.taken.count == 1)
        pair.pass(.seconds(60))
        #expect(pair.taken.count == 2 && pair.taken[0] != pair.taken[1])
        #expect(pair.record.givenBytes == 32)
    }

    @Test func whatMayBeACloneGivesNothingUntilItWasReseeded() {
        let pair = pair()
        pair.connect()
        pair.end(.transportReset)
        pair.connect()
        pair.announce(0)
        pair.pass(.seconds(200))
        #expect(pair.kernel.drawn.isEmpty)
        pair.feed()
        pair.pass(.milliseconds(1))
        #expect(pair.taken.count == 1)
    }

    @Test func anOldPoolGivesWhatIsItsOwnAndThenWhatItGathers() {
        let pair = pair(.old(count: 2048))
        pair.connect()
        pair.announce(0)
        // Half of its 4096 bits, in steps of 256; then an hour of nothing.
        #expect(pair.taken.count == 8)
        pair.announce(1)
        pair.pass(.seconds(3600))
        #expect(pair.taken.count == 8)
        pair.kernel.count += 512
        pair.pass(.seconds(60))
        #expect(pair.taken.count == 10)
        #expect(pair.taken == pair.kernel.drawn)
    }

    @Test func anOldPoolDoesNotGiveBackWhatTheHostPutIn() {
        let pair = pair(.old(count: 0))
        pair.kernel.isReady = true
        pair.connect()
        pair.feed(512)
        #expect(pair.kernel.count > 1024)
        pair.announce(0)
        pair.pass(.seconds(600))
        #expect(pair.taken.isEmpty)
    }

    @Test func whatOnePoolGivesReachesAnotherByWayOfTheTankEachByteOnce() {
        let giver = pair()
        let taker = Pair(.modern(isReady: false))
        for pair in [giver, taker] { pair.connect() }
        var tank = MemoryTank(storage: HeapStorage(byteCount: 512))
        giver.announce(0)
        for _ in 0..<10 {
            for block in giver.taken {
                _ = tank.deposit(
                    Entropy(copying: block.span.bytes, minEntropy: .full(byteCount: block.count)))
            }
            giver.taken = []
            if let block = tank.draw(byteCount: 32) { taker.feed(block) }
            for pair in [giver, taker] { pair.pass(.seconds(60)) }
        }
        #expect(taker.kernel.isReady)
        #expect(taker.kernel.added.map(\.bytes) == Array(giver.kernel.drawn.prefix(10)))
        #expect(Set(taker.kernel.added.map(\.bytes)).count == 10)
    }
}
