// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import EntmeshMesh
import EntmeshNode
import Testing

/// How the supply is shared out while the tank is not full.
@Suite struct MeshShareTests {
    private typealias Gift = Host.Gift

    private static let fast = Terms(allowance: .init(rate: 1 << 20, burst: 512))

    /// A host with `takers` ordinary pools, a tank that lacks `missing` bytes, and nothing that
    /// comes in.
    private static func host(
        takers: UInt64, terms: Terms = Self.fast, missing: Int = 1 << 19
    ) -> Host {
        let host = Host()
        for id in 1...takers { host.connectOrdinary(id, terms: terms) }
        host.own = .percent(50)
        host.available = (1 << 20) - missing
        _ = host.next()
        return host
    }

    /// Lets `id` take all it can, out of a tank that loses what is given.
    private static func drain(_ host: Host, _ id: UInt64) -> Int {
        // Enough to fill its bucket.
        host.pass(0.001)
        host.heard(0, from: id)
        var bytes = 0
        while let gift = host.give() {
            host.available -= gift.byteCount
            bytes += gift.to == id ? gift.byteCount : 0
            host.acknowledge(gift, .deferred)
        }
        return bytes
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func beyondItsBurstAPeerGetsItsShareOfWhatComesIn(takers: UInt64) {
        let host = Self.host(takers: takers)
        #expect(Self.drain(host, 1) == 512)
        for _ in 0..<10 {
            host.available += 512
            #expect(abs(Self.drain(host, 1) - 512 / Int(takers)) < 32)
        }
    }

    @Test func whatOnesShareLeavesIsKeptForLaterUpToTheBurst() {
        let host = Self.host(takers: 2)
        #expect(Self.drain(host, 1) == 512)
        host.available += 100_000
        #expect(Self.drain(host, 2) == 512)
        // The other one, whose request is still open, had as much.
        #expect(host.mesh.totals(of: PeerID(1)).deliveredBytes == 32 + 512 + 512)
        #expect(host.give() == nil)
    }

    @Test func withoutSupplyThereIsABlockAMinuteAndTheMeshSaysWhen() {
        let host = Self.host(takers: 3)
        #expect(Self.drain(host, 1) == 512)
        let start = host.now.seconds
        var moments: [Double] = []
        while moments.count < 3, let seconds = host.restSeconds() {
            host.pass(seconds)
            guard let gift = host.give() else { continue }
            moments.append(host.now.seconds - start)
            host.available -= gift.byteCount
            host.acknowledge(gift, .deferred)
        }
        for (moment, expected) in zip(moments, [60.0, 120, 180]) {
            #expect(abs(moment - expected) < 0.2, "\(moments)")
        }
    }

    @Test func whileTheTankIsFullWhoeverWaitsIsServedNextToHaveItsShareFirst() {
        // With so many takers, what fills the tank is not a block for anybody.
        let host = Self.host(takers: 100, missing: 64)
        for id in [2, 1, 3] as [UInt64] {
            #expect(Self.drain(host, id) == 512)
            host.pass(0.1)
        }
        host.available = (1 << 20) - 64
        #expect(host.give() == nil)
        host.available = (1 << 20) - 63
        let order = host.giveAll()
        #expect(order == [Gift(2, 32), Gift(1, 32), Gift(3, 32)])
        for gift in order { host.acknowledge(gift, .deferred) }
        host.available -= 64
        #expect(host.give() == nil)
    }

    @Test func aTankThatIsFullLeavesOnlyTheBucket() {
        let host = Host()
        host.connectOrdinary(1)
        host.connectOrdinary(2)
        host.heard(0, from: 1)
        #expect(abs(host.served(1, for: 1000, .deferred) - 64_512) <= 64)
    }

    @Test func theHostsOwnPoolAndOtherHostsHaveNoShare() {
        let host = Self.host(takers: 5, terms: Terms(allowance: .generous))
        host.heard(0, from: 1)
        for _ in 0..<10_000 {
            #expect(host.give() == Gift(1, 32))
            host.acknowledge(Gift(1, 32), .reseeded)
        }
    }

    @Test func whatComesInAndGoesOutAgainAtOnceIsSharedOutToo() {
        let host = Self.host(takers: 2)
        host.connectOrdinary(9, terms: Terms(allowance: .generous))
        #expect(Self.drain(host, 1) == 512)
        host.heard(100, from: 1)
        host.heard(0, from: 9)
        // As much comes in as is given out.
        for _ in 0..<24 { host.acknowledge(Gift(9, host.give()?.byteCount ?? 0), .reseeded) }
        host.heard(100, from: 9)
        #expect(Self.drain(host, 1) == 24 * 32 / 3)
    }

    // A large block is waited for longer than a small one. What was to end the longer wait comes
    // up while the peer waits for one more small block; a burst of 500 keeps the two apart.
    @Test(arguments: [true, false])
    func aWaitThatNoLongerCountsLeavesNothingBehind(isForShare: Bool) {
        let rate = isForShare ? 1 << 20 : 100
        let host = Host()
        host.connectOldPool(7, terms: Terms(allowance: .init(rate: rate, burst: 500)))
        host.own = .percent(99)
        if isForShare { host.available = 1 << 19 }
        host.heard(0, from: 7)
        let large = host.give()
        #expect(large == Gift(7, 512))
        if isForShare { host.available -= 512 }
        host.acknowledge(Gift(7, 512), .deferred)
        host.pass(isForShare ? 0.001 : 0)
        #expect(host.give() == nil)
        host.heard(89, from: 7)
        #expect(host.give() == nil)
        let both = footprint(host.mesh)
        // Hundredths of a second of the bucket, or bytes of the share.
        var small = 0
        for _ in 0..<513 {
            if isForShare { host.available += 1 } else { host.pass(0.01) }
            guard let gift = host.give() else { continue }
            small += 1
            if isForShare { host.available -= gift.byteCount }
            host.acknowledge(gift, .deferred)
            if isForShare { host.pass(0.0001) }
            #expect(host.give() == nil)
        }
        #expect(small == 15)
        #expect(footprint(host.mesh) == both - 1)
    }

    @Test func onlyWhoMayTakeCounts() {
        let host = Self.host(takers: 4)
        host.mesh.admit(PeerID(2), terms: Terms(outbound: false), now: host.now)
        _ = host.mesh.ended(PeerID(3))
        _ = host.mesh.forget(PeerID(4))
        host.connect(5, .pool(accepts: .refuse), level: nil)
        #expect(Self.drain(host, 1) == 512)
        host.available += 256
        #expect(Self.drain(host, 1) == 256)
        host.connect(3, level: 100)
        host.available += 256
        #expect(Self.drain(host, 1) == 128)
    }

    @Test func whoLeavesOrNeedsNothingMoreWhileItWaitsForItsShareGetsNothing() {
        let host = Self.host(takers: 100, missing: 64)
        for id in 1...4 as ClosedRange<UInt64> { #expect(Self.drain(host, id) == 512) }
        host.pass(0.001)
        #expect(host.give() == nil)
        _ = host.mesh.ended(PeerID(1))
        _ = host.mesh.forget(PeerID(2))
        host.heard(100, from: 3)
        host.available = 1 << 20
        #expect(host.giveAll() == [Gift(4, 32)])
        host.available = 1 << 19
        host.pass(1000)
        #expect(host.next() == .rest(until: nil))
    }

    @Test func whoIsMarkedWhileItWaitsForItsShareIsServedAtOnce() {
        let host = Self.host(takers: 2)
        #expect(Self.drain(host, 1) == 512)
        #expect(host.give() == nil)
        host.mesh.mark(PeerID(1), renewsFirstClass: true, now: host.now)
        #expect(host.give() == Gift(1, 32))
    }

    @Test func aSmallerBlockDoesNotWaitForTheShareOfALargerOne() {
        let host = Self.host(takers: 1)
        host.connectOldPool(7, terms: Self.fast)
        #expect(Self.drain(host, 7) == 512)
        host.heard(1, from: 7)
        #expect(host.give() == nil)
        host.heard(89, from: 7)
        host.own = .percent(99)
        host.pass(0.001)
        let seconds = host.restSeconds() ?? 0
        #expect(abs(seconds - 60) < 0.2)
        host.pass(seconds)
        #expect(host.give() == Gift(7, 32))
        host.acknowledge(Gift(7, 32), .deferred, level: 100)
        host.pass(3600)
        #expect(host.next() == .rest(until: nil))
    }
}

extension Host {
    fileprivate func connectOldPool(_ id: UInt64, terms: Terms) {
        connect(id, .pool(capacity: 512), level: 100, terms: terms)
        mesh.mark(PeerID(id), renewsFirstClass: false, now: now)
        guard let gift = give() else { return }
        acknowledge(gift, .reseeded)
    }
}
