// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConnection
internal import EntmeshMesh
internal import EntmeshNode

// What goes wrong, and whom it strikes.
extension Simulation {
    /// How often somebody is looked for who can be struck.
    private static let mostPicks = 16
    /// In seconds: how long each lasts.
    private static let partitionSeconds = 10...240
    private static let delaySeconds = 1...20
    private static let slowSeconds = 60...600
    private static let slowBySeconds = 1...12
    private static let crashSeconds = 1...60
    private static let sleepSeconds = 5...600
    private static let lieSeconds = 60...600
    private static let mostGarbage = 32
    /// How long after the last fault everybody has recovered: the longest of them, and time to dial.
    static let recovery = TimeSpan.seconds(900)

    // MARK: When

    /// Plans the next fault of a kind: each second is as likely as another. In whole numbers, for a
    /// logarithm may differ from one C library to the next.
    func planFault(_ index: Int) {
        let perHour = scenario.faults[index].perHour
        var moment = now
        while moment <= lastFault {
            moment = moment + .seconds(1)
            guard chance.below(3600) < perHour else { continue }
            let part = TimeSpan(nanoseconds: Int64(chance.below(1_000_000_000)))
            add(.fault, index, 0, at: moment + part)
            return
        }
    }

    func strike(_ index: Int) {
        planFault(index)
        let kind = scenario.faults[index].kind
        switch kind {
        case .reset: strikeLink(kind) { reset($0) }
        case .partition: strikeLink(kind) { partition($0) }
        case .delay:
            strikeLink(kind) { $0.heldUntil = now + seconds(Self.delaySeconds) }
        case .slowReader: strikeLink(kind) { slowDown($0) }
        case .duplicate, .reorder, .partialWrite, .garbage:
            // Counted when it has happened: at the next write.
            if let end = pickLink(), end.trap == nil { end.trap = kind }
        case .crash: strikeHost(kind) { crash($0) }
        case .suspend: strikeHost(kind) { suspend($0) }
        case .restore: strikeGuest(kind) { restore($0, $1) }
        case .liar: strikeGuest(kind) { lie($0, $1) }
        }
    }

    private func seconds(_ range: ClosedRange<Int>) -> TimeSpan {
        .seconds(Int64(chance.within(range)))
    }

    func count(_ kind: FaultKind) {
        if let index = FaultKind.allCases.firstIndex(of: kind) { faults[index] += 1 }
    }

    // MARK: Whom

    /// Either end of a link whose connection stands; links of hosts as often as those of guests.
    private func pickLink() -> LinkEnd? {
        for _ in 0..<Self.mostPicks {
            let amongHosts = chance.below(2) == 0
            let links =
                amongHosts && !hostLinks.isEmpty || guestLinks.isEmpty ? hostLinks : guestLinks
            guard !links.isEmpty else { return nil }
            let end = ends[links[chance.below(links.count)] + chance.below(2)]
            if isStruckable(end) { return end }
        }
        return nil
    }

    private func isStruckable(_ end: LinkEnd) -> Bool {
        let far = ends[end.far]
        return end.isUp && far.isUp && end.machine.asleepUntil <= now
            && far.machine.asleepUntil <= now
    }

    private func strikeLink(_ kind: FaultKind, _ body: (LinkEnd) -> Void) {
        guard let end = pickLink() else { return }
        disturb(end)
        body(end)
        count(kind)
    }

    private func strikeHost(_ kind: FaultKind, _ body: (SimulatedHost) -> Void) {
        for _ in 0..<Self.mostPicks {
            let host = hosts[chance.below(hosts.count)]
            guard host.isUp, host.asleepUntil <= now else { continue }
            touch(host)
            for index in host.peers { disturb(ends[index]) }
            body(host)
            count(kind)
            return
        }
    }

    private func strikeGuest(_ kind: FaultKind, _ body: (SimulatedGuest, LinkEnd) -> Void) {
        guard !guestLinks.isEmpty else { return }
        for _ in 0..<Self.mostPicks {
            let end = ends[guestLinks[chance.below(guestLinks.count)]]
            guard isStruckable(end), case .guest(let guest) = end.owner else { continue }
            disturb(end)
            body(guest, end)
            count(kind)
            return
        }
    }

    /// From now on this connection may end for any reason.
    func disturb(_ end: LinkEnd) {
        end.isDisturbed = true
        ends[end.far].isDisturbed = true
    }

    // MARK: What

    private func reset(_ end: LinkEnd) {
        lost(end, .endOfStream, wasReset: true)
        lost(ends[end.far], .endOfStream, wasReset: true)
    }

    private func partition(_ end: LinkEnd) {
        let until = now + seconds(Self.partitionSeconds)
        end.heldUntil = until
        ends[end.far].heldUntil = until
    }

    private func slowDown(_ end: LinkEnd) {
        end.slowUntil = now + seconds(Self.slowSeconds)
        end.slowBy = seconds(Self.slowBySeconds)
    }

    private func crash(_ host: SimulatedHost) {
        host.measures.stop(host.tank.ledger, now: now)
        host.isUp = false
        for index in host.peers where ends[index].isUp { lost(ends[index], .endOfStream) }
        add(.host(.restart), host.index, 0, at: now + seconds(Self.crashSeconds))
    }

    func restart(_ host: SimulatedHost) {
        host.start(key: newKey())
        admitPeers(of: host)
        for index in host.dialled { add(.end(.dial), index, ends[index].life, at: now) }
        if host.plan.pool != nil { add(.host(.gather), host.index, host.life, at: now) }
        setPump(host, at: now)
    }

    private func suspend(_ host: SimulatedHost) {
        host.sleep(from: now, until: now + seconds(Self.sleepSeconds))
        add(.host(.wake), host.index, 0, at: host.asleepUntil)
    }

    /// Its memory may have been written to a disk: M, what was half made, and with it the guests'.
    func wake(_ host: SimulatedHost) {
        host.wake()
        guard host.isUp else { return }
        host.forgetInbound(key: newKey())
        for index in host.givers { ends[index].mixed.connectionBegan() }
        host.tank.wipe()
        for index in host.peers where ends[index].isUp {
            // Pools alone are marked: another host has a clock and a tank of its own.
            if case .host = ends[ends[index].far].owner { continue }
            if case .host(let peer) = ends[index].owner {
                mark(ends[index], peer, renewsFirstClass: false)
            }
        }
        for index in host.peers {
            if case .guest(let guest) = ends[ends[index].far].owner, ends[ends[index].far].isUp {
                announce(guest, on: ends[ends[index].far], .fall)
                flush(ends[ends[index].far])
                schedule(ends[ends[index].far])
            }
        }
        setPump(host, at: now)
    }

    // The snapshot has a block in it that the guest injects again: that proves nothing.
    private func restore(_ guest: SimulatedGuest, _ end: LinkEnd) {
        let far = ends[end.far]
        guest.freshness.injected(bootTime: now)
        lost(end, .endOfStream, wasReset: true)
        lost(far, .memoryRestored)
        if case .host(let peer) = far.owner, far.machine.isUp {
            mark(far, peer, renewsFirstClass: true)
            setPump(far.machine, at: now)
        }
    }

    private func lie(_ guest: SimulatedGuest, _ end: LinkEnd) {
        guest.lie(until: now + seconds(Self.lieSeconds))
        announce(guest, on: end, .fall)
        flush(end)
        schedule(end)
    }

    // MARK: Writes that go wrong

    /// Does to a write what waits for it.
    func spring(_ bytes: [UInt8], from end: LinkEnd, to far: LinkEnd) {
        if let first = end.heldBack {
            end.heldBack = nil
            post(bytes, to: far)
            post(first, to: far)
            return
        }
        guard let trap = end.trap else { return }
        end.trap = nil
        guard now <= lastFault else {
            post(bytes, to: far)
            return
        }
        disturb(end)
        count(trap)
        switch trap {
        case .duplicate:
            post(bytes, to: far)
            post(bytes, to: far)
        case .reorder: reorder(bytes, from: end, to: far)
        case .partialWrite:
            post(Array(bytes.prefix(chance.below(bytes.count))), to: far)
            lost(end, .writeStalled)
        case .garbage:
            var garbage = [UInt8](repeating: 0, count: 1 + chance.below(Self.mostGarbage))
            for index in garbage.indices {
                garbage[index] = UInt8(truncatingIfNeeded: chance.next())
            }
            post(garbage, to: far)
            post(bytes, to: far)
        case .reset, .partition, .delay, .crash, .restore, .suspend, .slowReader, .liar: break
        }
    }

    // Two frames of this write, or this write and the next.
    private func reorder(_ bytes: [UInt8], from end: LinkEnd, to far: LinkEnd) {
        let first = Frame.byteCount(of: bytes, at: 0)
        guard first < bytes.count else {
            end.heldBack = bytes
            return
        }
        let second = Frame.byteCount(of: bytes, at: first)
        let swapped = bytes[first..<first + second] + bytes[..<first] + bytes[(first + second)...]
        post(Array(swapped), to: far)
    }
}
