// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import EntmeshNode
import Testing

@testable import EntmeshMesh

/// Who gets what, in which order, and who gets nothing.
@Suite struct MeshTests {
    private typealias Gift = Host.Gift

    @Test func withoutPeersItRestsForEver() {
        let host = Host()
        #expect(host.next() == .rest(until: nil))
    }

    @Test func theClassesComeInOrder() {
        let host = Host()
        host.connectOrdinary(4)
        host.heard(50, from: 4)
        host.connect(3)
        host.connect(2, .pool(occasion: .transportReset))
        host.connect(5, level: 100)
        host.mesh.mark(PeerID(5), renewsFirstClass: false, now: host.now)
        host.connect(1, .pool(isReady: false))
        host.connect(6)
        host.mesh.heard(isReady: false, from: PeerID(6), now: host.now)
        #expect(host.giveAll().map(\.to) == [1, 6, 2, 5, 3, 4])
    }

    @Test(arguments: [Receipt.Outcome.seeded, .reseeded])
    func whoBecameReadyIsNotServedFirstAnyMore(outcome: Receipt.Outcome) throws {
        let host = Host()
        host.connect(1, .pool(isReady: false))
        host.connect(2, .pool(isReady: false))
        host.acknowledge(try #require(host.give()), outcome)
        #expect(host.give() == Gift(2, 32))
        host.connect(3)
        #expect(host.giveAll().map(\.to) == [3, 1])
    }

    @Test func aRequestBeginsTenPointsAboveAndEndsBelowFive() throws {
        let host = Host()
        host.connectOrdinary(1)
        host.heard(91, from: 1)
        #expect(host.give() == nil)
        host.heard(90, from: 1)
        for _ in 0..<2 { host.acknowledge(try #require(host.give()), .reseeded) }
        host.heard(95, from: 1)
        host.acknowledge(try #require(host.give()), .reseeded)
        host.heard(96, from: 1)
        #expect(host.give() == nil)
        host.heard(91, from: 1)
        #expect(host.give() == nil)
    }

    @Test func ourOwnLevelOpensAndClosesRequests() {
        let host = Host()
        host.own = .percent(59)
        host.connectOrdinary(1)
        host.heard(50, from: 1)
        #expect(host.give() == nil)
        host.available = 0
        for (own, isRequesting) in [(60, true), (55, true), (54, false), (59, false), (60, true)] {
            host.own = .percent(own)
            #expect(host.give() == nil)
            #expect(host.mesh.peer(PeerID(1))?.isRequesting == isRequesting)
        }
        host.available = 1 << 19
        #expect(host.give() == Gift(1, 32))
    }

    @Test(arguments: [1, 2, 50, 100])
    func aPoolAtZeroGetsFromAnyLevelOfOursAboveZero(own: Int) {
        let host = Host()
        host.connectOrdinary(1)
        host.own = .empty
        host.available = 16
        host.heard(0, from: 1)
        #expect(host.give() == nil)
        host.own = .percent(own)
        host.available = 32
        #expect(host.give() == Gift(1, 32))
    }

    @Test func anEmptyTankGivesNothingWhateverItsOwnerSaysIsThere() {
        let host = Host()
        host.connect(1)
        host.connect(2, level: 50)
        host.available = 0
        #expect(host.next() == .rest(until: nil))
        #expect(host.mesh.peer(PeerID(1))?.isRequesting == true)
        host.own = .empty
        host.available = 1 << 20
        #expect(host.next() == .rest(until: nil))
        host.own = .percent(1)
        #expect(host.giveAll() == [Gift(1, 32)])
    }

    @Test func whatARequestHadSavedUpForABlockEndsWithIt() throws {
        let terms = Terms(allowance: .init(rate: 1 << 20, burst: 1 << 20))
        let host = Host()
        host.connectOrdinary(1, terms: terms)
        host.connectOrdinary(2, .pool(capacity: 512), terms: terms)
        for _ in 0..<3 {
            host.heard(0, from: 1)
            host.heard(0, from: 2)
            for _ in 0..<10 {
                let gift = try #require(host.give())
                #expect(gift.to == 1)
                host.acknowledge(gift, .reseeded)
            }
            host.heard(100, from: 1)
            host.heard(100, from: 2)
        }
    }

    @Test func aLevelThatOursNeverExceedsByEnoughMakesNoRequest() {
        let host = Host()
        host.connect(1, level: 95)
        for percent in 0...100 {
            host.own = .percent(percent)
            #expect(host.give() == nil)
        }
    }

    @Test func aSourceGivesUntilThePeerIsFull() throws {
        let host = Host(ownKind: .source, capacity: 0)
        host.available = 1 << 20
        host.connect(1, level: 99)
        host.acknowledge(try #require(host.give()), .reseeded, level: 100)
        #expect(host.give() == nil)
    }

    @Test(arguments: [0, 16, 31])
    func aTankSmallerThanABlockGivesNothing(capacity: Int) {
        let host = Host(capacity: capacity)
        host.connect(1)
        for own in [FillLevel.empty, .full] {
            host.own = own
            #expect(host.next() == .rest(until: nil))
        }
    }

    @Test(arguments: [(32, 32), (63, 32), (64, 64), (500, 480), (4000, 512)])
    func aBlockIsAsLargeAsWhatIsThereInWholeBlocksOf32(available: Int, byteCount: Int) {
        let host = Host()
        host.available = available
        host.connect(1, .pool(capacity: 512))
        #expect(host.give() == Gift(1, byteCount))
    }

    @Test func oneBlockIsInFlightTowardAPool() throws {
        let host = Host()
        host.connect(1, .pool(capacity: 512))
        let first = try #require(host.give())
        for level in [99, 0, 50] {
            host.heard(level, from: 1)
            #expect(host.next() == .rest(until: nil))
        }
        host.acknowledge(first, .reseeded)
        #expect(host.give() == Gift(1, 256))
    }

    @Test func bytesNotTurnsAreSharedBetweenSmallAndLargeTakers() throws {
        let terms = Terms(allowance: .init(rate: 1 << 20, burst: 1 << 20))
        let host = Host()
        host.connectOrdinary(1, .pool(capacity: 32), terms: terms)
        host.connectOrdinary(2, .pool(capacity: 512), terms: terms)
        host.connectOrdinary(3, .pool(capacity: 256), terms: terms)
        for id in 1...3 as ClosedRange<UInt64> { host.heard(0, from: id) }
        var bytes: [UInt64: Int] = [:]
        var sizes: [UInt64: Set<Int>] = [:]
        for _ in 0..<5000 {
            let gift = try #require(host.give())
            bytes[gift.to, default: 0] += gift.byteCount
            sizes[gift.to, default: []].insert(gift.byteCount)
            host.acknowledge(gift, .reseeded)
            let least = (1...3).map { bytes[UInt64($0)] ?? 0 }.min() ?? 0
            #expect((bytes.values.max() ?? 0) - least <= 2 * 512)
        }
        #expect(sizes == [1: [32], 2: [512], 3: [256]])
    }

    @Test func withinAClassTheTurnsGoRound() {
        let host = Host()
        for id in 1...5 as ClosedRange<UInt64> { host.connect(id, .pool(isReady: false)) }
        var order: [UInt64] = []
        for _ in 0..<15 {
            guard let gift = host.give() else { break }
            order.append(gift.to)
            host.acknowledge(gift, .deferred)
        }
        #expect(order == [1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 1, 2, 3, 4, 5])
    }

    @Test func aBucketLimitsWhatATakerGetsAndSaysWhenItGoesOn() {
        let host = Host()
        host.connectOrdinary(1)
        host.heard(0, from: 1)
        #expect(host.served(1, for: 0.001, .reseeded) == 512)
        #expect(abs((host.restSeconds() ?? 0) - 0.499) < 1e-6)
        #expect(host.served(1, for: 1000, .reseeded) == 64_000)
    }

    @Test func changedTermsCountAtOnce() throws {
        let host = Host()
        host.connectOrdinary(1)
        host.heard(0, from: 1)
        _ = host.served(1, for: 0.001, .reseeded)
        #expect(host.give() == nil)
        let terms = Terms(allowance: .init(rate: 64_000, burst: 512))
        host.mesh.admit(PeerID(1), terms: terms, now: host.now)
        #expect(abs(host.served(1, for: 10, .reseeded) - 640_000) <= 32)
    }

    @Test func whoMayNotHaveAnythingGetsNothing() throws {
        let host = Host()
        host.connect(1, .pool(isReady: false))
        host.mesh.admit(PeerID(1), terms: Terms(outbound: false), now: host.now)
        #expect(host.next() == .rest(until: nil))
        host.mesh.mark(PeerID(1), renewsFirstClass: true, now: host.now)
        #expect(host.next() == .rest(until: nil))
        host.mesh.admit(PeerID(1), terms: Terms(), now: host.now)
        let gift = try #require(host.give())
        host.mesh.admit(PeerID(1), terms: Terms(outbound: false), now: host.now)
        host.acknowledge(gift, .deferred)
        #expect(host.give() == nil)
        #expect(host.mesh.totals(of: PeerID(1)).deliveredBytes == 32)
    }

    @Test func whoAcceptsNothingOrOnlyGivesGetsNothingEvenIfMarked() {
        let host = Host()
        host.connect(1, .pool(accepts: .refuse), level: nil)
        var source = Hello.pool()
        source.kind = .source
        host.connect(2, source, level: nil)
        for id in 1...2 as ClosedRange<UInt64> {
            host.mesh.mark(PeerID(id), renewsFirstClass: true, now: host.now)
        }
        #expect(host.next() == .rest(until: nil))
    }

    @Test func whoHasNotAnnouncedALevelHasNoRequest() {
        let host = Host()
        host.connect(1, level: nil)
        #expect(host.give() == nil)
    }

    @Test func theUnknownHaveNothingAndGetNothing() {
        let host = Host()
        host.mesh.opened(PeerID(9), hello: .pool(), now: host.now)
        host.heard(0, from: 9)
        host.mesh.heard(isReady: false, from: PeerID(9), now: host.now)
        host.mesh.mark(PeerID(9), renewsFirstClass: true, now: host.now)
        host.mesh.started(PeerID(9), now: host.now)
        host.acknowledge(Gift(9, 32), .reseeded)
        #expect(host.next() == .rest(until: nil))
        #expect(host.mesh.ended(PeerID(9)) == 0)
        #expect(host.mesh.forget(PeerID(9)) == 0)
        #expect(host.mesh.totals(of: PeerID(9)) == PeerTotals())
        #expect(host.mesh.peer(PeerID(9)) == nil)
        #expect(!host.mesh.isMarked(PeerID(9)))
        #expect(host.mesh.backOff(of: PeerID(9), now: host.now) == nil)
    }

    @Test func aLevelThatFallsAgainAndAgainIsCounted() {
        let host = Host()
        host.connect(1, level: 100)
        for step in 0..<10 {
            host.pass(step < 5 ? 1 : 6)
            host.heard(0, from: 1)
            host.heard(100, from: 1)
        }
        #expect(host.mesh.totals(of: PeerID(1)).flaps == 4)
    }

    @Test func aLevelThatFlipsBuysNothingBeyondTheBucket() {
        let host = Host()
        host.connectOrdinary(1)
        var bytes = 0
        for step in 0..<60_000 {
            host.pass(0.01)
            host.heard(step.isMultiple(of: 2) ? 0 : 100, from: 1)
            while let gift = host.give() {
                bytes += gift.byteCount
                host.acknowledge(gift, .deferred)
            }
        }
        #expect(bytes <= 512 + 64 * 600)
    }
}
