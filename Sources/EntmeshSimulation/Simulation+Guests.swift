// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConnection
internal import EntmeshNode

// A guest's agent, as EntmeshGuest has it: injections, levels, endings.
extension Simulation {
    func guestReceived(_ bytes: [UInt8], on end: LinkEnd, _ guest: SimulatedGuest) {
        let now = end.machine.monotonic(self.now)
        bytes.withUnsafeBytes { bytes in
            var offset = 0
            while end.isUp {
                let event = end.connection.receive(
                    bytes.bytes, offset: &offset, now: now, into: &wire)
                if !handle(event, on: end, guest, now) { break }
            }
        }
        flush(end)
        schedule(end)
    }

    private func handle(
        _ event: consuming ConnectionEvent, on end: LinkEnd, _ guest: SimulatedGuest, _ now: Moment
    ) -> Bool {
        switch consume event {
        case .needsMore: return false
        case .opened:
            guest.wasConnected = true
            announce(guest, on: end, .fall)
            end.connection.report(status(of: guest), now: now, into: &wire)
        case .transfer(let sequence, let entropy):
            inject(entropy.byteCount, sequence: sequence, on: end, guest)
        case .closed(let reason, let byPeer):
            self.end(end, reason, quietly: byPeer)
            return false
        // The host announces nothing to who does not give, and we send no blocks.
        case .level: break
        case .receipt: break
        case .status: break
        }
        return true
    }

    private func inject(
        _ byteCount: Int, sequence: UInt32, on end: LinkEnd, _ guest: SimulatedGuest
    ) {
        let wasReady = guest.isReady
        let isCredited = guest.plan.trust == .credit
        if byteCount >= Wire.poolBlock {
            guest.freshness.injected(bootTime: now)
            guest.isReady = guest.isReady || isCredited
            guest.isFedHere = true
            guest.mayBeClone = false
        }
        guest.measures.took(byteCount, now: now)
        blocksToGuests += 1
        announce(guest, on: end, .deposit)
        let outcome: Receipt.Outcome =
            isCredited ? (guest.isReady == wasReady ? .reseeded : .seeded) : .mixed
        end.connection.acknowledge(Receipt(sequence: sequence, outcome: outcome), into: &wire)
    }

    func announce(_ guest: SimulatedGuest, on end: LinkEnd, _ cause: LevelAnnouncer.Cause) {
        guard end.connection.isOpen else { return }
        let level = guest.level(now)
        // What a liar says of itself does not count.
        guest.measures.note(
            isStarving: guest.freshness.level(bootTime: now) == .empty, now: now)
        if LevelAnnouncer.isDue(level, last: end.connection.announcedLevel, cause: cause) {
            end.connection.announce(level, into: &wire)
        }
    }

    /// When the level will have fallen far enough for a message.
    func nextFall(_ guest: SimulatedGuest, _ connection: borrowing Connection) -> Moment? {
        guard let announced = connection.announcedLevel, announced > .empty else { return nil }
        let fall = UInt8(Wire.announcedFall)
        return guest.freshness.falls(to: announced.percent > fall ? announced.percent - fall : 0)
    }

    func guestEnded(_ guest: SimulatedGuest, _ end: LinkEnd, wasReset: Bool) {
        guest.measures.note(isStarving: false, now: now)
        if guest.isFedHere { end.delay.reset() }
        if wasReset { guest.mayBeClone = true }
        guest.freshness.connectionBegan()
    }

    private func status(of guest: SimulatedGuest) -> PoolStatus {
        PoolStatus(
            availableBits: guest.isReady ? 256 : 0, poolBits: 256,
            isReady: guest.saysReady, lastError: 0,
            kernel: PrintableText("6.1.0"), hardwareGenerator: PrintableText("none"))
    }
}
