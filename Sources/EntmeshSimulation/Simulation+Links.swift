// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConnection
internal import EntmeshNode

// The transport: dialling, bytes on their way, timers, endings.
extension Simulation {
    /// How long a dial that nobody answers takes.
    private static let dialDeadline = TimeSpan.seconds(5)
    /// A connection that lived this long shows that dialling is worth while again.
    private static let provenLife = TimeSpan.seconds(60)

    // MARK: The beginning

    func dial(_ end: LinkEnd) {
        let far = ends[end.far]
        if case .host = end.owner, !end.machine.isUp { return }
        guard !end.isUp else { return }
        guard far.machine.isUp else {
            dialAgain(end)
            return
        }
        guard far.machine.asleepUntil <= now, far.heldUntil <= now, end.heldUntil <= now else {
            dialAgain(end, after: Self.dialDeadline)
            return
        }
        connect(end, far)
    }

    func dialAgain(_ end: LinkEnd, after pause: TimeSpan = .seconds(0)) {
        guard defect != .staysAway else { return }
        add(.end(.dial), end.index, end.life, at: now + pause + end.delay.next(&chance))
    }

    private func connect(_ end: LinkEnd, _ far: LinkEnd) {
        // The other end may not know yet that the last connection is over.
        if far.isUp { lost(far, .replaced) }
        connections += 1
        let life = max(end.life, far.life) + 1
        end.begin(newConnection(end), life: life, now: now)
        far.begin(newConnection(far), life: life, now: now)
        if end.isImpaired(now) || far.isImpaired(now) { disturb(end) }
        begin(end)
        begin(far)
    }

    private func newConnection(_ end: LinkEnd) -> Connection {
        switch end.owner {
        case .host: hostConnection(end)
        case .guest(let guest):
            Connection(
                hello: guest.hello(), keepalive: .guest, largestBlock: Wire.largestPoolBlock)
        case .pool(let pool):
            Connection(hello: pool.hello(), keepalive: .guest, largestBlock: Wire.largestPoolBlock)
        }
    }

    private func begin(_ end: LinkEnd) {
        switch end.owner {
        case .host: end.mixed.connectionBegan()
        case .guest(let guest):
            guest.freshness.connectionBegan()
            guest.isFedHere = false
        case .pool(let pool): pool.peer = nil
        }
        end.connection.start(now: end.machine.monotonic(now), into: &wire)
        flush(end)
        schedule(end)
    }

    // MARK: Bytes

    /// Writes what waits, once, as whoever owns `end` does.
    func flush(_ end: LinkEnd) {
        guard !wire.isEmpty else { return }
        let bytes = spoil(takeWritten(), from: end)
        guard end.isUp else { return }
        inspect(bytes, from: end)
        let far = ends[end.far]
        guard end.trap == nil, end.heldBack == nil else {
            spring(bytes, from: end, to: far)
            return
        }
        post(bytes, to: far)
    }

    private func takeWritten() -> [UInt8] {
        var bytes: [UInt8] = []
        wire.drain { waiting in
            bytes = Array(waiting)
            return waiting.count
        }
        return bytes
    }

    func post(_ bytes: [UInt8], to far: LinkEnd) {
        add(.end(.arrive), far.index, far.life, at: far.send(bytes, now: now))
    }

    func arrived(_ end: LinkEnd) {
        guard let bytes = end.takeArrived(), end.isUp else { return }
        switch end.owner {
        case .host(let peer): hostReceived(bytes, on: end, from: peer)
        case .guest(let guest): guestReceived(bytes, on: end, guest)
        case .pool(let pool): poolReceived(bytes, on: end, pool)
        }
    }

    // MARK: Time

    /// Sees to it that the next deadline of `end` is met.
    func schedule(_ end: LinkEnd) {
        guard end.isUp else { return }
        var deadline = end.connection.nextDeadline.map { end.machine.virtual($0) }
        if case .guest(let guest) = end.owner {
            for notice in [nextFall(guest, end.connection), guest.repents] {
                if let notice { deadline = deadline.map { min($0, notice) } ?? notice }
            }
        }
        guard let deadline else { return }
        if let timer = end.timer, timer <= deadline { return }
        end.timer = max(deadline, now)
        add(.end(.tick), end.index, end.life, at: max(deadline, now))
    }

    func tick(_ end: LinkEnd) {
        // One that was replaced by a sooner one.
        guard end.isUp, end.timer == now else { return }
        end.timer = nil
        if let reason = end.connection.tick(now: end.machine.monotonic(now), into: &wire) {
            self.end(end, reason)
            return
        }
        if case .guest(let guest) = end.owner {
            if let moment = guest.repents, moment <= now {
                guest.repent()
                self.end(end, .shutdown)
                return
            }
            announce(guest, on: end, .fall)
        }
        flush(end)
        schedule(end)
    }

    // MARK: The end

    /// The transport under `end` is gone.
    func lost(_ end: LinkEnd, _ reason: CloseReason, wasReset: Bool = false) {
        guard end.isUp else { return }
        end.connection.abandon(reason)
        self.end(end, reason, quietly: true, wasReset: wasReset)
    }

    /// Ends the connection: says why unless `quietly`, and books what was in flight as discarded.
    func end(
        _ end: LinkEnd, _ reason: CloseReason, quietly: Bool = false, wasReset: Bool = false
    ) {
        guard end.isUp else { return }
        check(reason, endedHere: end)
        end.connection.close(reason, into: &wire)
        let lastWords = takeWritten()
        let far = ends[end.far]
        if !quietly, !lastWords.isEmpty { post(lastWords, to: far) }
        end.isUp = false
        add(.end(.hangUp), far.index, far.life, at: far.arrival(now: now))
        switch end.owner {
        case .host(let peer): hostEnded(end, peer)
        case .guest(let guest): guestEnded(guest, end, wasReset: wasReset)
        case .pool(let pool): pool.peer = nil
        }
        guard end.dials else { return }
        if now - end.connectedAt >= Self.provenLife { end.delay.reset() }
        // After a reset a guest's agent dials at once.
        if wasReset, case .guest = end.owner {
            add(.end(.dial), end.index, end.life, at: now)
        } else {
            dialAgain(end)
        }
    }
}
