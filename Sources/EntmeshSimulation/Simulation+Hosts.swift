// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConnection
internal import EntmeshMesh
internal import EntmeshNode
internal import EntmeshSources

// A host's daemon, as EntmeshHost has it: the pump, transfers, what comes in, whom to tell.
extension Simulation {
    /// How many blocks are sent before others get a turn.
    private static let transfersATurn = 256
    private static let version = PrintableText("entmesh-host simulated")

    // MARK: The tank

    /// Bytes nobody has seen yet.
    func newBlock(_ byteCount: Int) -> Entropy {
        Entropy(byteCount: byteCount, minEntropy: .full(byteCount: byteCount)) { fill($0) }
    }

    func feed(_ host: SimulatedHost) {
        host.isFeedUnderWay = false
        let free = host.tank.capacity - host.tank.resident
        let size = min(host.feedBlock, free / Mesh.feedBlock * Mesh.feedBlock)
        if size > 0 {
            _ = host.tank.deposit(host.inbound.blended(newBlock(size)))
            announceLevel(host, .deposit)
        }
        pump(host)
    }

    private func demandMore(_ host: SimulatedHost) {
        guard let rate = host.plan.source, !host.isFeedUnderWay,
            host.tank.capacity - host.tank.resident >= Mesh.feedBlock
        else { return }
        host.isFeedUnderWay = true
        let interval = Int64(host.feedBlock) * 1_000_000_000 / Int64(rate)
        add(.host(.feed), host.index, host.life, at: now + TimeSpan(nanoseconds: interval))
    }

    // MARK: The pump

    func setPump(_ host: SimulatedHost, at moment: Moment) {
        let moment = max(moment, now)
        if let pumpAt = host.pumpAt, pumpAt <= moment { return }
        host.pumpAt = moment
        add(.host(.pump), host.index, host.life, at: moment)
    }

    /// Sends what the mesh says until it rests.
    func pump(_ host: SimulatedHost) {
        guard host.isUp else { return }
        touch(host)
        let monotonic = host.monotonic(now)
        for _ in 0..<Self.transfersATurn {
            let level = host.tank.fillLevel
            let available = host.tank.resident
            switch host.mesh.next(own: level, available: available, now: monotonic) {
            case .transfer(let peer, let byteCount):
                transfer(byteCount, to: peer, from: host, now: monotonic)
            case .rest(let until):
                announceLevel(host, .fall)
                demandMore(host)
                if let until { setPump(host, at: host.virtual(until)) }
                if let fall = nextMixFall(host) { setPump(host, at: fall) }
                return
            }
        }
        setPump(host, at: now)
    }

    private func transfer(
        _ byteCount: Int, to peer: PeerID, from host: SimulatedHost, now monotonic: Moment
    ) {
        let end = ends[host.peers[Int(peer.number)]]
        if end.connection.blocksInFlight == 0 { announceLevel(on: end, host, .transferBegins) }
        guard let entropy = host.tank.draw(byteCount: byteCount) else {
            breaks("\(host.name): the mesh gave \(byteCount) bytes that are not there")
            return
        }
        guard end.connection.send(entropy, now: monotonic, into: &wire) != nil else {
            breaks("\(name(of: end)): a block could not be sent")
            return
        }
        end.blocksSinceMark += 1
        flush(end)
        schedule(end)
    }

    private func nextMixFall(_ host: SimulatedHost) -> Moment? {
        var next: Moment?
        for index in host.givers where ends[index].trust == .mix && ends[index].isUp {
            let end = ends[index]
            guard let announced = end.connection.announcedLevel?.percent, announced > 0,
                let fall = end.mixed.falls(
                    to: announced - min(announced, UInt8(Wire.announcedFall)))
            else { continue }
            next = next.map { min($0, fall) } ?? fall
        }
        return next
    }

    // MARK: Connections

    func admitPeers(of host: SimulatedHost) {
        for (number, index) in host.peers.enumerated() {
            host.mesh.admit(
                PeerID(UInt64(number)), terms: terms(of: ends[index]), now: host.monotonic(now))
        }
    }

    private func terms(of end: LinkEnd) -> Terms {
        switch ends[end.far].owner {
        case .guest(let guest): Terms(allowance: guest.plan.allowance)
        case .host, .pool: Terms(allowance: .generous)
        }
    }

    func hostConnection(_ end: LinkEnd) -> Connection {
        // A pool that has nothing to say hears our levels and so sends no heartbeat: with an end here
        // that only answers, it would be taken for dead.
        let keepalive: Keepalive =
            switch ends[end.far].owner {
            case .guest: .host
            case .pool: .guest
            case .host: .betweenHosts
            }
        return Connection(
            hello: Hello(
                kind: .buffer, capacity: UInt32(clamping: end.machine.plan.tank), sends: true,
                accepts: end.trust, isReady: true, occasion: .start, agentVersion: Self.version),
            keepalive: keepalive, largestBlock: Wire.largestBufferBlock)
    }

    func hostReceived(_ bytes: [UInt8], on end: LinkEnd, from peer: PeerID) {
        let host = end.machine
        let now = host.monotonic(self.now)
        let residentBefore = host.tank.resident
        bytes.withUnsafeBytes { bytes in
            var offset = 0
            while end.isUp {
                let event = end.connection.receive(
                    bytes.bytes, offset: &offset, now: now, into: &wire)
                if !handle(event, on: end, peer, host, now) { break }
            }
        }
        flush(end)
        schedule(end)
        if host.tank.resident > residentBefore { announceLevel(host, .deposit) }
        pump(host)
    }

    private func handle(
        _ event: consuming ConnectionEvent, on end: LinkEnd, _ peer: PeerID, _ host: SimulatedHost,
        _ now: Moment
    ) -> Bool {
        switch consume event {
        case .needsMore: return false
        case .opened(let hello):
            host.mesh.opened(peer, hello: hello, now: now)
            end.connection.announce(level(for: end, host), into: &wire)
        case .level(let level): host.mesh.heard(level, from: peer, now: now)
        case .transfer(let sequence, let entropy):
            accept(entropy, sequence: sequence, on: end, host)
        case .receipt(let receipt, let byteCount):
            acknowledged(receipt, byteCount, end, peer, host, now)
        case .status(let status):
            host.mesh.heard(isReady: status.isReady, from: peer, now: now)
        case .closed(let reason, let byPeer):
            self.end(end, reason, quietly: byPeer)
            return false
        }
        return true
    }

    private func acknowledged(
        _ receipt: Receipt, _ byteCount: Int, _ end: LinkEnd, _ peer: PeerID, _ host: SimulatedHost,
        _ now: Moment
    ) {
        let wasMarked = host.mesh.isMarked(peer)
        if defect != .forgetsAReceipt {
            host.tank.settle(byteCount: byteCount, delivered: receipt.outcome.isDelivery)
        }
        host.mesh.acknowledged(receipt, byteCount: byteCount, by: peer, now: now)
        if wasMarked, !host.mesh.isMarked(peer), end.blocksSinceMark == 0 {
            breaks("\(name(of: end)): a block from before the mark has lifted it")
        }
    }

    func mark(_ end: LinkEnd, _ peer: PeerID, renewsFirstClass: Bool) {
        end.blocksSinceMark = 0
        end.machine.mesh.mark(
            peer, renewsFirstClass: renewsFirstClass, now: end.machine.monotonic(now))
    }

    func hostEnded(_ end: LinkEnd, _ peer: PeerID) {
        let host = end.machine
        guard host.isUp else { return }
        touch(host)
        host.tank.settle(byteCount: host.mesh.ended(peer), delivered: false)
        setPump(host, at: now)
    }

    // MARK: Receiving

    private func accept(
        _ entropy: consuming Entropy, sequence: UInt32, on end: LinkEnd, _ host: SimulatedHost
    ) {
        let outcome: Receipt.Outcome
        switch end.trust {
        case .refuse: outcome = .discarded
        case .mix:
            if entropy.byteCount >= Wire.poolBlock { end.mixed.injected(bootTime: now) }
            host.inbound.mix(entropy)
            outcome = .mixed
        case .credit:
            host.inbound.credit(entropy) { _ = host.tank.deposit($0) }
            outcome = .accepted
        }
        announceLevel(on: end, host, .deposit)
        end.connection.acknowledge(Receipt(sequence: sequence, outcome: outcome), into: &wire)
    }

    private func level(for end: LinkEnd, _ host: SimulatedHost) -> FillLevel {
        end.trust == .mix ? end.mixed.level(bootTime: now) : host.tank.fillLevel
    }

    private func announceLevel(_ host: SimulatedHost, _ cause: LevelAnnouncer.Cause) {
        guard cause != .deposit || host.levelTold != host.tank.fillLevel else { return }
        host.levelTold = host.tank.fillLevel
        for index in host.givers where ends[index].isUp {
            announceLevel(on: ends[index], host, cause)
            flush(ends[index])
        }
    }

    private func announceLevel(
        on end: LinkEnd, _ host: SimulatedHost, _ cause: LevelAnnouncer.Cause
    ) {
        guard end.trust != .refuse, end.connection.isOpen else { return }
        let level = level(for: end, host)
        if LevelAnnouncer.isDue(level, last: end.connection.announcedLevel, cause: cause) {
            end.connection.announce(level, into: &wire)
        }
    }
}
