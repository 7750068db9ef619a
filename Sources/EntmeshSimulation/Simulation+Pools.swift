// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConnection
internal import EntmeshNode

// A host's own pool, as the stand-in of the end-to-end scenarios has it.
extension Simulation {
    func gather(_ host: SimulatedHost) {
        add(.host(.gather), host.index, host.life, at: now + SimulatedPool.interval)
        guard let (pool, end) = pool(of: host) else { return }
        let use = pool.uses(now)
        pool.pass(using: use)
        guard end.isUp else { return }
        announce(pool, on: end, pool.plan.gathers > use ? .deposit : .fall)
        give(pool, on: end)
        flush(end)
        schedule(end)
    }

    private func pool(of host: SimulatedHost) -> (SimulatedPool, LinkEnd)? {
        guard let first = host.peers.first, case .pool(let pool) = ends[ends[first].far].owner
        else {
            return nil
        }
        return (pool, ends[pool.end])
    }

    func poolReceived(_ bytes: [UInt8], on end: LinkEnd, _ pool: SimulatedPool) {
        let now = end.machine.monotonic(self.now)
        bytes.withUnsafeBytes { bytes in
            var offset = 0
            while end.isUp {
                let event = end.connection.receive(
                    bytes.bytes, offset: &offset, now: now, into: &wire)
                if !handle(event, on: end, pool) { break }
            }
        }
        give(pool, on: end)
        flush(end)
        schedule(end)
    }

    private func handle(
        _ event: consuming ConnectionEvent, on end: LinkEnd, _ pool: SimulatedPool
    ) -> Bool {
        switch consume event {
        case .needsMore: return false
        case .opened(let hello):
            pool.peer = Peer(hello: hello)
            announce(pool, on: end, .deposit)
        case .level(let level): pool.peer?.received(level)
        case .receipt(let receipt, let byteCount):
            pool.peer?.acknowledged(byteCount: byteCount, delivered: receipt.outcome.isDelivery)
        case .transfer(let sequence, let entropy):
            pool.take(entropy.byteCount)
            announce(pool, on: end, .deposit)
            end.connection.acknowledge(
                Receipt(sequence: sequence, outcome: .reseeded), into: &wire)
        case .closed(let reason, let byPeer):
            self.end(end, reason, quietly: byPeer)
            return false
        case .status: break
        }
        return true
    }

    // Gives while M is significantly below what it has of its own, a block of 32 at a time.
    private func give(_ pool: SimulatedPool, on end: LinkEnd) {
        guard end.isUp, pool.own >= Wire.poolBlock, end.connection.maySend else { return }
        pool.peer?.compare(own: pool.available, ownKind: .pool)
        guard let peer = pool.peer, peer.isRequesting, peer.inFlight == 0 else { return }
        announce(pool, on: end, .transferBegins)
        pool.peer?.sent(byteCount: Wire.poolBlock)
        pool.give(Wire.poolBlock)
        _ = end.connection.send(
            newBlock(Wire.poolBlock), now: end.machine.monotonic(now), into: &wire)
    }

    private func announce(
        _ pool: SimulatedPool, on end: LinkEnd, _ cause: LevelAnnouncer.Cause
    ) {
        guard end.connection.isOpen,
            LevelAnnouncer.isDue(pool.level, last: end.connection.announcedLevel, cause: cause)
        else { return }
        end.connection.announce(pool.level, into: &wire)
    }
}
