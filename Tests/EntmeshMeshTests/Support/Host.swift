// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import EntmeshMesh
import EntmeshNode
import Testing

/// A mesh and what it is told by its owner, in shorthand. The tank is full unless told otherwise,
/// and what is given out leaves it as it is.
final class Host {
    /// One transfer.
    struct Gift: Equatable {
        let to: UInt64
        let byteCount: Int

        init(_ to: UInt64, _ byteCount: Int) {
            self.to = to
            self.byteCount = byteCount
        }
    }

    var mesh: Mesh
    var own = FillLevel.full
    var available: Int
    var now = Moment.at(0)

    init(ownKind: NodeKind = .buffer, capacity: Int = 1 << 20) {
        mesh = Mesh(ownKind: ownKind, capacity: capacity)
        available = capacity
    }

    func connect(
        _ id: UInt64, _ hello: Hello = .pool(), level: Int? = 0, terms: Terms = Terms()
    ) {
        if mesh.peer(PeerID(id)) == nil { mesh.admit(PeerID(id), terms: terms, now: now) }
        mesh.opened(PeerID(id), hello: hello, now: now)
        if let level { heard(level, from: id) }
    }

    /// Connects a pool and feeds it once, so that nothing but its level makes a request. Nobody
    /// else may have a request meanwhile.
    func connectOrdinary(_ id: UInt64, _ hello: Hello = .pool(), terms: Terms = Terms()) {
        connect(id, hello, level: 100, terms: terms)
        mesh.mark(PeerID(id), renewsFirstClass: false, now: now)
        #expect(giveAll() == [Gift(id, Wire.poolBlock)])
        acknowledge(Gift(id, Wire.poolBlock), .reseeded)
    }

    func heard(_ level: Int, from id: UInt64) {
        mesh.heard(.percent(level), from: PeerID(id), now: now)
    }

    func next() -> Mesh.Decision {
        mesh.next(own: own, available: available, now: now)
    }

    /// The next transfer, if there is one now.
    func give() -> Gift? {
        guard case .transfer(let peer, let byteCount) = next() else { return nil }
        return Gift(peer.number, byteCount)
    }

    /// All the transfers of now, nothing acknowledged between them.
    func giveAll() -> [Gift] {
        var gifts: [Gift] = []
        while let gift = give() { gifts.append(gift) }
        return gifts
    }

    /// How many seconds from now the mesh wants to be asked again; nil if it does not.
    func restSeconds() -> Double? {
        guard case .rest(let until?) = next() else { return nil }
        return (until - now).seconds
    }

    func acknowledge(_ gift: Gift, _ outcome: Receipt.Outcome, level: Int? = nil) {
        if let level { heard(level, from: gift.to) }
        mesh.acknowledged(
            Receipt(sequence: 1, outcome: outcome), byteCount: gift.byteCount,
            by: PeerID(gift.to), now: now)
    }

    func pass(_ seconds: Double) {
        now = now + Moment.at(seconds).sinceStart
    }

    /// Bytes given to and acknowledged at once by `id` over `seconds`, asking whenever told to.
    func served(_ id: UInt64, for seconds: Double, _ outcome: Receipt.Outcome) -> Int {
        let end = now.seconds + seconds
        var total = 0
        while now.seconds < end {
            switch next() {
            case .transfer(let peer, let byteCount):
                let gift = Gift(peer.number, byteCount)
                if gift.to == id { total += byteCount }
                acknowledge(gift, outcome)
            case .rest(let until):
                now = min(until ?? .at(end), .at(end))
            }
        }
        return total
    }
}

extension Moment {
    var sinceStart: TimeSpan { TimeSpan(nanoseconds: nanoseconds) }
}
