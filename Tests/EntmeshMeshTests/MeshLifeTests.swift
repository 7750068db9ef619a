// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import EntmeshNode
import Testing

@testable import EntmeshMesh

/// Marks, refusals, first service, and the beginning and the end of connections.
@Suite struct MeshLifeTests {
    private typealias Gift = Host.Gift

    // MARK: Marks

    @Test func aMarkOverridesTheLevelUntilADelivery() throws {
        let host = Host()
        host.connectOrdinary(1)
        host.heard(99, from: 1)
        host.heard(100, from: 1)
        #expect(host.give() == nil)
        host.mesh.mark(PeerID(1), renewsFirstClass: true, now: host.now)
        #expect(host.mesh.isMarked(PeerID(1)))
        host.acknowledge(try #require(host.give()), .reseeded)
        #expect(!host.mesh.isMarked(PeerID(1)))
        #expect(host.give() == nil)
    }

    @Test(arguments: [Receipt.Outcome.seeded, .reseeded, .deferred, .mixed, .accepted])
    func anyDeliveryOfABlockLiftsTheMark(outcome: Receipt.Outcome) throws {
        let host = Host()
        host.connectOrdinary(1)
        host.mesh.mark(PeerID(1), renewsFirstClass: false, now: host.now)
        host.acknowledge(try #require(host.give()), outcome)
        #expect(!host.mesh.isMarked(PeerID(1)))
    }

    @Test(arguments: [Receipt.Outcome.failed, .discarded])
    func aRefusalDoesNotLiftTheMark(outcome: Receipt.Outcome) throws {
        let host = Host()
        host.connectOrdinary(1)
        host.mesh.mark(PeerID(1), renewsFirstClass: false, now: host.now)
        host.acknowledge(try #require(host.give()), outcome)
        #expect(host.mesh.isMarked(PeerID(1)))
        host.pass(1)
        host.acknowledge(try #require(host.give()), .reseeded)
        #expect(!host.mesh.isMarked(PeerID(1)))
    }

    @Test func aReceiptForABlockFromBeforeTheMarkDoesNotLiftIt() throws {
        let host = Host()
        host.connect(1)
        let before = try #require(host.give())
        host.mesh.mark(PeerID(1), renewsFirstClass: true, now: host.now)
        host.acknowledge(before, .reseeded, level: 100)
        #expect(host.mesh.isMarked(PeerID(1)))
        host.acknowledge(try #require(host.give()), .reseeded)
        #expect(!host.mesh.isMarked(PeerID(1)))
    }

    @Test func ofSeveralBlocksInFlightOnlyOneSentAfterTheMarkLiftsIt() throws {
        let host = Host()
        host.connect(1, .buffer(capacity: 1 << 20), terms: Terms(allowance: .generous))
        let before = host.giveAll()
        #expect(before.count > 1)
        host.mesh.mark(PeerID(1), renewsFirstClass: false, now: host.now)
        for gift in before {
            host.acknowledge(gift, .accepted)
            #expect(host.mesh.isMarked(PeerID(1)))
        }
        host.acknowledge(try #require(host.give()), .accepted)
        #expect(!host.mesh.isMarked(PeerID(1)))
    }

    @Test func lessThanABlockDoesNotLiftTheMark() throws {
        let host = Host()
        host.connectOrdinary(1)
        host.mesh.mark(PeerID(1), renewsFirstClass: false, now: host.now)
        _ = try #require(host.give())
        host.acknowledge(Gift(1, 31), .reseeded)
        #expect(host.mesh.isMarked(PeerID(1)))
    }

    @Test func aMarkOutlivesConnectionsAndABlockLostWithOneDoesNotLiftIt() throws {
        let host = Host()
        host.connect(1)
        host.mesh.mark(PeerID(1), renewsFirstClass: true, now: host.now)
        _ = try #require(host.give())
        #expect(host.mesh.ended(PeerID(1)) == 32)
        host.connect(1, level: 100)
        #expect(host.mesh.isMarked(PeerID(1)))
        host.acknowledge(try #require(host.give()), .reseeded)
        #expect(!host.mesh.isMarked(PeerID(1)))
    }

    @Test func whoeverIsMarkedWhileItWaitsMovesAheadAtOnce() {
        let host = Host()
        for id in 1...5 as ClosedRange<UInt64> { host.connectOrdinary(id) }
        for id in 1...5 as ClosedRange<UInt64> { host.heard(0, from: id) }
        host.mesh.mark(PeerID(4), renewsFirstClass: false, now: host.now)
        #expect(host.giveAll().map(\.to) == [4, 1, 2, 3, 5])
    }

    // MARK: First service

    @Test(arguments: [32, 512, .max] as [UInt32])
    func whoAlwaysClaimsToBeNotReadyIsServedFirstFor512BytesAndABlockAMinute(capacity: UInt32) {
        let host = Host()
        host.connect(
            1, .pool(capacity: capacity, isReady: false),
            terms: Terms(allowance: .init(rate: 1, burst: 1)))
        // A bucket of one byte a second: it is full at once, and then owes its first block.
        let first = host.served(1, for: 0.001, .deferred)
        #expect(first <= 512 + 512)
        let hour = host.served(1, for: 3600, .deferred)
        #expect(hour <= 60 * 32 + 3600)
    }

    @Test func levelsBetweenDoNotStretchFirstService() throws {
        let host = Host()
        host.connectOrdinary(2)
        host.heard(0, from: 2)
        host.connect(1, .pool(capacity: 512, isReady: false), level: 90)
        var first = 0
        for step in 0..<200 {
            // A level in the middle makes a small block, and what is left is less than a large one.
            host.heard(step.isMultiple(of: 2) ? 89 : 0, from: 1)
            guard let gift = host.give(), gift.to == 1 else { break }
            first += gift.byteCount
            host.acknowledge(gift, .deferred)
        }
        #expect(first == 512)
    }

    @Test(arguments: [true, false])
    func everyNewConnectionIsServedFirstButOnlyWithinTheAllowance(isReset: Bool) {
        let host = Host()
        host.connectOrdinary(2)
        host.heard(0, from: 2)
        var first = 0
        for _ in 0..<100 {
            _ = host.mesh.ended(PeerID(1))
            host.connect(1, .pool(occasion: isReset ? .transportReset : .peerEnded))
            guard let gift = host.give(), gift.to == 1 else { break }
            first += gift.byteCount
            host.acknowledge(gift, .reseeded)
        }
        #expect(first == 512)
    }

    @Test(arguments: [true, false])
    func anEventOfLibvirtRenewsFirstServiceAndAnOperatorsMarkDoesNot(renews: Bool) {
        let host = Host()
        host.connect(1, .pool(isReady: false), terms: Terms(allowance: .init(rate: 1, burst: 1)))
        _ = host.served(1, for: 0.001, .deferred)
        host.mesh.mark(PeerID(1), renewsFirstClass: renews, now: host.now)
        #expect(host.served(1, for: 0.001, .deferred) == (renews ? 512 : 0))
        host.mesh.started(PeerID(1), now: host.now)
        #expect(host.served(1, for: 0.001, .deferred) == 512)
    }

    @Test func whoHasUsedUpFirstServiceWaitsItsTurnAndIsFirstAgainAfterAMinute() {
        let host = Host()
        host.connect(1, .pool(isReady: false))
        #expect(host.served(1, for: 0.001, .deferred) == 1024)
        host.connectOrdinary(2)
        host.pass(59)
        host.heard(0, from: 2)
        host.heard(1, from: 1)
        #expect(host.giveAll().map(\.to) == [2, 1])
        host.acknowledge(Gift(2, 32), .reseeded)
        host.acknowledge(Gift(1, 32), .deferred)
        host.pass(1)
        host.heard(0, from: 1)
        #expect(host.giveAll().map(\.to) == [1, 2])
    }

    @Test func aMinuteThatEndsWhileAPeerStandsInTheOrdinaryQueueCountsWhenItsTurnComes() {
        let host = Host()
        host.connectOrdinary(2)
        host.connect(1, .pool(isReady: false))
        _ = host.served(1, for: 0.001, .deferred)
        host.available = 0
        host.pass(10)
        host.heard(0, from: 2)
        host.heard(1, from: 1)
        #expect(host.give() == nil)
        host.pass(50)
        host.available = 64
        #expect(host.give() == Gift(2, 32))
        #expect(host.give() == Gift(1, 32))
        host.acknowledge(Gift(1, 32), .deferred)
        host.acknowledge(Gift(2, 32), .reseeded)
        // From now on it is in the right queue.
        host.pass(60)
        #expect(host.give() == Gift(1, 32))
    }

    @Test func aMinuteThatEndsDuringAPauseDoesNotEndThePause() throws {
        let host = Host()
        host.connect(1, .pool(isReady: false))
        _ = host.served(1, for: 0.001, .deferred)
        host.pass(8)
        for pause in [1, 2, 4, 8, 16, 32, 64] as [Double] {
            host.acknowledge(try #require(host.give()), .failed)
            if pause < 64 { host.pass(pause) }
        }
        host.available = 0
        host.heard(0, from: 1)
        host.pass(61)
        #expect(host.give() == nil)
        host.available = 1 << 20
        #expect(host.restSeconds() == 3)
    }

    // MARK: Refusals

    @Test(arguments: [Receipt.Outcome.failed, .discarded])
    func aRefusalMakesAPauseThatDoublesFromOneSecondTo300(outcome: Receipt.Outcome) throws {
        let host = Host()
        host.connectOrdinary(1)
        host.heard(0, from: 1)
        for pause in [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300] as [Double] {
            host.acknowledge(try #require(host.give()), outcome)
            #expect(host.restSeconds() == pause)
            let end = Moment.at(host.now.seconds + pause)
            #expect(host.mesh.backOff(of: PeerID(1), now: host.now) == end)
            host.pass(pause - 0.001)
            #expect(host.give() == nil)
            host.pass(0.001)
            #expect(host.mesh.backOff(of: PeerID(1), now: host.now) == nil)
        }
        #expect(host.mesh.totals(of: PeerID(1)).refusals == 11)
        #expect(host.mesh.totals(of: PeerID(1)).discardedBytes == 11 * 32)
    }

    @Test func aDeliveryEndsThePauses() throws {
        let host = Host()
        host.connectOrdinary(1)
        host.heard(0, from: 1)
        for outcome in [Receipt.Outcome.failed, .failed, .reseeded, .failed] {
            host.acknowledge(try #require(host.give()), outcome)
            if outcome == .failed { host.pass(host.restSeconds() ?? 0) }
        }
        #expect(host.now == .at(1 + 2 + 1))
    }

    @Test func aPauseOutlivesTheConnectionAndHoldsForWhoeverIsNotReady() throws {
        let host = Host()
        host.connect(1, .pool(isReady: false))
        host.acknowledge(try #require(host.give()), .failed)
        #expect(host.mesh.ended(PeerID(1)) == 0)
        host.connect(1, .pool(isReady: false))
        #expect(host.restSeconds() == 1)
    }

    @Test func allBlocksOfOneWindowAreOneRefusal() {
        let host = Host()
        host.connect(1, .buffer(capacity: 1 << 20), terms: Terms(allowance: .generous))
        let gifts = host.giveAll()
        #expect(gifts.count > 2)
        for gift in gifts { host.acknowledge(gift, .discarded) }
        #expect(host.restSeconds() == 1)
        #expect(host.mesh.totals(of: PeerID(1)).refusals == UInt64(gifts.count))
    }

    @Test(arguments: [true, false])
    func aMarkOrAStartEndsThePauseOnceAndTheNextRefusalDoublesIt(isMark: Bool) throws {
        let host = Host()
        host.connectOrdinary(1)
        host.heard(0, from: 1)
        host.acknowledge(try #require(host.give()), .failed)
        #expect(host.give() == nil)
        if isMark {
            host.mesh.mark(PeerID(1), renewsFirstClass: true, now: host.now)
        } else {
            host.mesh.started(PeerID(1), now: host.now)
        }
        host.acknowledge(try #require(host.give()), .failed)
        #expect(host.restSeconds() == 1)
        host.pass(1)
        #expect(host.restSeconds() == 1)
        host.pass(1)
        #expect(host.give() == Gift(1, 32))
    }

    // MARK: Mixing

    @Test func whoOnlyMixesIsNeverServedFirst() {
        let host = Host()
        host.connectOrdinary(2)
        host.connect(1, .pool(isReady: false, occasion: .transportReset, accepts: .mix))
        host.mesh.mark(PeerID(1), renewsFirstClass: true, now: host.now)
        host.heard(0, from: 2)
        host.connect(3)
        #expect(host.giveAll().map(\.to) == [3, 1, 2])
    }

    @Test(arguments: [true, false])
    func whoOnlyMixesGetsOneBlockOf32AndThenItsLevelIsAwaited(isPool: Bool) throws {
        let host = Host()
        let hello =
            isPool
            ? Hello.pool(capacity: 512, accepts: .mix) : .buffer(capacity: 1 << 20, accepts: .mix)
        host.connect(1, hello)
        let gift = try #require(host.give())
        #expect(gift == Gift(1, 32))
        #expect(host.give() == nil)
        host.acknowledge(gift, .mixed)
        #expect(host.next() == .rest(until: nil))
        host.heard(100, from: 1)
        #expect(host.give() == nil)
        host.heard(89, from: 1)
        host.acknowledge(try #require(host.give()), .mixed)
        #expect(host.next() == .rest(until: nil))
    }

    @Test func whoOnlyMixesAndSpeaksInTheRightOrderGetsTheNextBlockWhenItsLevelFell() throws {
        let host = Host()
        host.connect(1, .pool(accepts: .mix))
        host.acknowledge(try #require(host.give()), .mixed, level: 100)
        host.heard(90, from: 1)
        #expect(host.give() == Gift(1, 32))
    }

    @Test func whoOnlyMixesIsTriedAgainAfterARefusalAndAfterAMark() throws {
        let host = Host()
        host.connect(1, .pool(accepts: .mix))
        host.acknowledge(try #require(host.give()), .discarded)
        host.pass(1)
        host.acknowledge(try #require(host.give()), .mixed)
        #expect(host.give() == nil)
        host.mesh.mark(PeerID(1), renewsFirstClass: false, now: host.now)
        host.acknowledge(try #require(host.give()), .mixed)
        #expect(!host.mesh.isMarked(PeerID(1)))
        #expect(host.give() == nil)
    }

    // MARK: Buffers

    @Test(arguments: [(1 << 20, 16_384), (32_768, 8192), (4096, 1024), (64, 32)])
    func aBufferHasAQuarterOfTheGapInFlightAndAtMost16KiB(capacity: Int, window: Int) {
        let host = Host()
        host.connect(
            1, .buffer(capacity: UInt32(capacity)), terms: Terms(allowance: .generous))
        let gifts = host.giveAll()
        let total = gifts.reduce(0) { $0 + $1.byteCount }
        // What is in flight counts into the estimate, so the quarter is of a gap that closes.
        #expect(total <= window)
        #expect(total >= window * 3 / 4)
        #expect(gifts.allSatisfy { $0.byteCount <= 4096 })
    }

    @Test func aBufferIsServedOnAsReceiptsComeAndUntilItIsNearOurLevel() throws {
        let host = Host()
        host.connect(1, .buffer(capacity: 32_768), terms: Terms(allowance: .generous))
        var held = 0
        var pending = host.giveAll()
        while !pending.isEmpty {
            let gift = pending.removeFirst()
            let before = 100 * held / 32_768
            held += gift.byteCount
            let level = 100 * held / 32_768
            host.acknowledge(gift, .accepted, level: level > before ? level : nil)
            pending += host.giveAll()
        }
        #expect(abs(100 * held / 32_768 - 95) <= 1)
    }

    @Test func aWindowThatShrankWhileTheBufferStoodInTheQueueMakesNobodyElseWait() {
        let host = Host()
        host.connectOrdinary(2)
        host.connect(1, .buffer(capacity: 32_768), level: 20, terms: Terms(allowance: .generous))
        #expect(host.give() == Gift(1, 4096))
        host.heard(0, from: 2)
        host.own = .percent(40)
        #expect(host.mesh.peer(PeerID(1))?.isRequesting == true)
        #expect(host.giveAll() == [Gift(2, 32)])
        host.acknowledge(Gift(1, 4096), .accepted)
        host.own = .full
        #expect(host.give()?.to == 1)
    }

    // MARK: Connections

    @Test func whatWasInFlightComesBackExactlyOnce() throws {
        let host = Host()
        host.connect(1, .pool(capacity: 512))
        let gift = try #require(host.give())
        #expect(host.mesh.peer(PeerID(1))?.inFlight == 512)
        #expect(host.mesh.ended(PeerID(1)) == 512)
        #expect(host.mesh.ended(PeerID(1)) == 0)
        // A receipt that was on its way is of no connection any more.
        host.acknowledge(gift, .reseeded)
        #expect(host.mesh.forget(PeerID(1)) == 0)
    }

    @Test func aReceiptAfterTheEndCountsNothingTwice() throws {
        let host = Host()
        host.connect(1)
        let gift = try #require(host.give())
        _ = host.mesh.ended(PeerID(1))
        host.acknowledge(gift, .reseeded)
        host.acknowledge(gift, .failed)
        let totals = host.mesh.totals(of: PeerID(1))
        #expect(totals.deliveredBytes == 0)
        #expect(totals.discardedBytes == 32)
        #expect(totals.refusals == 0)
    }

    @Test func forgettingGivesBackWhatIsInFlightAndKnowsNothingAfterwards() throws {
        let host = Host()
        host.connect(1, .pool(capacity: 512))
        host.mesh.mark(PeerID(1), renewsFirstClass: true, now: host.now)
        _ = try #require(host.give())
        #expect(host.mesh.forget(PeerID(1)) == 512)
        #expect(host.mesh.peer(PeerID(1)) == nil)
        #expect(!host.mesh.isMarked(PeerID(1)))
        #expect(host.mesh.totals(of: PeerID(1)) == PeerTotals())
        #expect(host.next() == .rest(until: nil))
    }

    @Test(arguments: [true, false])
    func whoeverLeavesWhileItWaitsVanishesAtOnce(isForgotten: Bool) {
        let host = Host()
        for id in 1...5 as ClosedRange<UInt64> { host.connect(id) }
        _ = isForgotten ? host.mesh.forget(PeerID(3)) : host.mesh.ended(PeerID(3))
        #expect(host.giveAll().map(\.to) == [1, 2, 4, 5])
    }

    @Test func totalsOutliveConnections() throws {
        let host = Host()
        for round in 1...3 as ClosedRange<UInt64> {
            host.connect(1)
            host.acknowledge(try #require(host.give()), .reseeded)
            _ = try #require(host.give())
            _ = host.mesh.ended(PeerID(1))
            let totals = host.mesh.totals(of: PeerID(1))
            #expect(totals.deliveredBytes == 32 * round)
            #expect(totals.deliveredBlocks == round)
            #expect(totals.discardedBytes == 32 * round)
        }
    }

    @Test func nothingIsLeftOverAfterTenThousandCycles() {
        let host = Host()
        var largest = 0
        for cycle in 0..<10_000 {
            let id = UInt64(cycle % 100)
            host.connect(id, .pool(capacity: 512, isReady: cycle.isMultiple(of: 3)))
            if let gift = host.give(), cycle.isMultiple(of: 2) { host.acknowledge(gift, .failed) }
            host.pass(0.05)
            _ = cycle.isMultiple(of: 7) ? host.mesh.forget(PeerID(id)) : host.mesh.ended(PeerID(id))
            if cycle.isMultiple(of: 500) { largest = max(largest, footprint(host.mesh)) }
        }
        for id in 0..<100 as Range<UInt64> { _ = host.mesh.forget(PeerID(id)) }
        host.pass(400)
        #expect(host.next() == .rest(until: nil))
        #expect(footprint(host.mesh) == footprint(Host().mesh))
        #expect(largest < footprint(Host().mesh) + 100 * 10)
    }
}
