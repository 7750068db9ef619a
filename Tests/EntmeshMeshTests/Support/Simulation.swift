// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import EntmeshMesh
import EntmeshNode

/// A host in virtual time: a tank that is fed at a given rate, a mesh, and guests that answer after
/// a delay. It checks the host's promises at every step and notes each violation.
///
/// Every eight bytes that come in carry their own number, and the tank gives out what came first:
/// so no byte is sent twice as long as the numbers that are sent only rise.
final class Simulation {
    /// What is to happen.
    private enum Event {
        case feed
        case pump(Moment)
        case arrival(SimulatedGuest, connection: Int, byteCount: Int)
        case answer(SimulatedGuest, connection: Int, FillLevel?, Receipt, byteCount: Int)
        case fall(SimulatedGuest, connection: Int)
        case flood(SimulatedGuest, connection: Int)
        case silence(SimulatedGuest, connection: Int)
        case connect(SimulatedGuest, Hello.Occasion)
        case replace(SimulatedGuest, connection: Int)
    }

    /// The feeds of a host bring blocks of this size, and none while there is no room for one.
    private static let feedBlock = 64

    private(set) var now = Moment.at(0)
    private(set) var violations: [String] = []
    private(set) var guests: [SimulatedGuest] = []
    private var honest: [SimulatedGuest] = []
    private(set) var suppliedBytes = 0
    var tank: MemoryTank<HeapStorage>
    private(set) var mesh: Mesh
    /// What the source gives, in bytes a second.
    var supply: Int

    private let latency: TimeSpan
    private var agenda = Agenda<Event>()
    private var pumpDue: Moment?
    private var own = FillLevel.empty
    private var nextTag: UInt64 = 1
    private var lastTagSent: UInt64 = 0
    private var steps = 0
    /// What forgotten accounts had been given.
    private var retired = 0

    init(
        capacity: Int = 1 << 20, filled: Int = 0, supply: Int,
        latency: TimeSpan = .milliseconds(10)
    ) {
        tank = MemoryTank(storage: HeapStorage(byteCount: capacity))
        mesh = Mesh(ownKind: .buffer, capacity: capacity)
        self.supply = supply
        self.latency = latency
        for _ in 0..<filled / Self.feedBlock { deposit() }
        agenda.add(.feed, at: now)
    }

    // MARK: Guests

    @discardableResult
    func add(
        _ manner: SimulatedGuest.Manner, horizon: TimeSpan = Freshness.defaultHorizon,
        poolCapacity: UInt32 = 32, isReady: Bool = true, connectsAt: Moment? = .at(0)
    ) -> SimulatedGuest {
        let guest = SimulatedGuest(
            id: PeerID(UInt64(guests.count)), manner: manner, horizon: horizon,
            poolCapacity: poolCapacity, isReady: isReady)
        guests.append(guest)
        if guest.isHonest { honest.append(guest) }
        admit(guest)
        if let connectsAt { agenda.add(.connect(guest, .start), at: connectsAt) }
        return guest
    }

    func admit(_ guest: SimulatedGuest) {
        mesh.admit(guest.id, terms: guest.terms, now: now)
        guest.isAdmitted = true
    }

    func forget(_ guest: SimulatedGuest) {
        guard guest.isAdmitted else { return }
        retired += Int(mesh.totals(of: guest.id).deliveredBytes)
        let lost = mesh.forget(guest.id)
        expect(lost == guest.inFlight, "forgetting loses what is in flight")
        tank.settle(byteCount: lost, delivered: false)
        hangUp(guest)
        guest.isAdmitted = false
    }

    func connect(_ guest: SimulatedGuest, _ occasion: Hello.Occasion) {
        guard guest.isAdmitted else { return }
        if guest.isConnected { disconnect(guest) }
        guest.connection += 1
        guest.isConnected = true
        guest.freshness.connectionBegan()
        guest.announced = nil
        mesh.opened(guest.id, hello: guest.hello(occasion), now: now)
        announce(guest, cause: .fall)
        switch guest.manner {
        case .flooding: agenda.add(.flood(guest, connection: guest.connection), at: now)
        case .alwaysCloned:
            agenda.add(.replace(guest, connection: guest.connection), at: now + .seconds(60))
        default: break
        }
    }

    func disconnect(_ guest: SimulatedGuest) {
        guard guest.isConnected else { return }
        let lost = mesh.ended(guest.id)
        expect(lost == guest.inFlight, "an end loses what is in flight")
        expect(mesh.ended(guest.id) == 0, "a second end loses nothing")
        tank.settle(byteCount: lost, delivered: false)
        hangUp(guest)
    }

    func mark(_ guest: SimulatedGuest, renewsFirstClass: Bool) {
        mesh.mark(guest.id, renewsFirstClass: renewsFirstClass, now: now)
        noteRequest(guest)
    }

    /// `guest` says of itself whether it is ready.
    func reportReady(_ guest: SimulatedGuest, _ isReady: Bool) {
        if guest.isHonest { guest.isReady = guest.isReady || isReady }
        mesh.heard(isReady: guest.isHonest ? guest.isReady : isReady, from: guest.id, now: now)
    }

    private func hangUp(_ guest: SimulatedGuest) {
        guest.inFlight = 0
        guest.isConnected = false
        guest.requestedAt = nil
    }

    // MARK: Time

    /// Lets time pass until `end`.
    func run(until end: Moment) {
        pump()
        while let next = agenda.next, next <= end, let event = agenda.pop() {
            now = next
            happen(event)
            checkLedger()
        }
        now = end
    }

    private func happen(_ event: Event) {
        switch event {
        case .feed: feed()
        case .pump(let due):
            // A sooner one was put down since.
            guard due == pumpDue else { return }
            pumpDue = nil
        case .connect(let guest, let occasion): connect(guest, occasion)
        case .arrival(let guest, let connection, let byteCount)
        where guest.connection == connection && guest.isConnected:
            arrived(byteCount, at: guest)
        case .answer(let guest, let connection, let level, let receipt, let byteCount)
        where guest.connection == connection && guest.isConnected:
            answered(guest, level, receipt, byteCount)
        case .fall(let guest, let connection)
        where guest.connection == connection && guest.isConnected:
            announce(guest, cause: .fall)
        case .flood(let guest, let connection)
        where guest.connection == connection && guest.isConnected:
            flood(guest)
        case .silence(let guest, let connection)
        where guest.connection == connection && guest.isConnected:
            disconnect(guest)
            agenda.add(.connect(guest, .peerEnded), at: now + .seconds(1))
        case .replace(let guest, let connection)
        where guest.connection == connection && guest.isConnected:
            connect(guest, .transportReset)
        case .arrival, .answer, .fall, .flood, .silence, .replace: return
        }
        pump()
    }

    private func feed() {
        agenda.add(
            .feed,
            at: now + TimeSpan(nanoseconds: Int64(Self.feedBlock) * 1_000_000_000 / Int64(supply)))
        if tank.capacity - tank.resident >= Self.feedBlock { deposit() }
    }

    private func deposit() {
        let first = nextTag
        nextTag += UInt64(Self.feedBlock / 8)
        let block = Entropy(
            byteCount: Self.feedBlock, minEntropy: .full(byteCount: Self.feedBlock)
        ) { bytes in
            for index in 0..<Self.feedBlock / 8 {
                let tag = first + UInt64(index)
                bytes.storeBytes(of: tag, toByteOffset: 8 * index, as: UInt64.self)
            }
        }
        suppliedBytes += tank.deposit(block)
    }

    // MARK: The host's side

    func pump() {
        let before = own
        own = tank.fillLevel
        while true {
            own = tank.fillLevel
            switch mesh.next(own: own, available: tank.resident, now: now) {
            case .transfer(let peer, let byteCount):
                transfer(byteCount, to: guests[Int(peer.number)])
            case .rest(let until):
                if let until { wake(until) }
                if own > before { noteRequests() }
                return
            }
        }
    }

    private func wake(_ moment: Moment) {
        expect(moment > now, "a rest ends later")
        guard pumpDue.map({ $0 > moment }) ?? true else { return }
        pumpDue = moment
        agenda.add(.pump(moment), at: moment)
    }

    private func transfer(_ byteCount: Int, to guest: SimulatedGuest) {
        noteRequest(guest)
        expect(guest.isConnected && guest.terms.outbound, "only who may get something does")
        expect(byteCount >= Wire.poolBlock, "a block has 32 bytes or more")
        guard let entropy = tank.draw(byteCount: byteCount) else {
            expect(false, "what the mesh gives is there")
            return
        }
        entropy.withBytes { bytes in
            for offset in stride(from: 0, to: byteCount, by: 8) {
                let tag = bytes.load(fromByteOffset: offset, as: UInt64.self)
                expect(tag > lastTagSent, "nothing is sent twice")
                lastTagSent = tag
            }
        }
        expect(guest.inFlight == 0, "one block is on its way to a pool")
        guest.inFlight += byteCount
        agenda.add(
            .arrival(guest, connection: guest.connection, byteCount: byteCount), at: now + latency)
    }

    private func answered(
        _ guest: SimulatedGuest, _ level: FillLevel?, _ receipt: Receipt, _ byteCount: Int
    ) {
        if let level { mesh.heard(level, from: guest.id, now: now) }
        guest.inFlight -= byteCount
        tank.settle(byteCount: byteCount, delivered: receipt.outcome.isDelivery)
        mesh.acknowledged(receipt, byteCount: byteCount, by: guest.id, now: now)
        guard receipt.outcome.isDelivery else { return }
        guest.servedBytes += byteCount
        guest.lastServed = now
        if let asked = guest.requestedAt { guest.waits.append((now - asked).seconds) }
        guest.requestedAt = nil
        noteRequest(guest)
    }

    // MARK: The guests' side

    private func arrived(_ byteCount: Int, at guest: SimulatedGuest) {
        guard let outcome = guest.outcome(of: byteCount, now: now) else {
            agenda.add(
                .silence(guest, connection: guest.connection), at: now + Wire.receiptDeadline)
            return
        }
        var announcement: FillLevel?
        let level = guest.level(now)
        if LevelAnnouncer.isDue(level, last: guest.announced, cause: .deposit) {
            announcement = level
            guest.announced = level
            scheduleFall(guest)
        }
        agenda.add(
            .answer(
                guest, connection: guest.connection, announcement,
                Receipt(sequence: 0, outcome: outcome), byteCount: byteCount), at: now + latency)
    }

    private func announce(_ guest: SimulatedGuest, cause: LevelAnnouncer.Cause) {
        let level = guest.level(now)
        guard LevelAnnouncer.isDue(level, last: guest.announced, cause: cause) else { return }
        guest.announced = level
        mesh.heard(level, from: guest.id, now: now)
        noteRequest(guest)
        scheduleFall(guest)
    }

    private func scheduleFall(_ guest: SimulatedGuest) {
        guard guest.isHonest, let announced = guest.announced, announced > .empty else { return }
        let target = UInt8(max(0, Int(announced.percent) - Wire.announcedFall))
        guard let moment = guest.freshness.falls(to: target) else { return }
        agenda.add(.fall(guest, connection: guest.connection), at: max(moment, now))
    }

    private func flood(_ guest: SimulatedGuest) {
        guard case .flooding(let rate) = guest.manner else { return }
        let level: FillLevel = guest.announced == .empty ? .percent(1) : .empty
        guest.announced = level
        mesh.heard(level, from: guest.id, now: now)
        agenda.add(
            .flood(guest, connection: guest.connection),
            at: now + TimeSpan(nanoseconds: 1_000_000_000 / Int64(rate)))
    }

    // MARK: What must hold

    // A request begins when a level is heard, or when ours rises.
    private func noteRequest(_ guest: SimulatedGuest) {
        guard guest.isHonest, guest.requestedAt == nil,
            mesh.peer(guest.id)?.isRequesting ?? false
        else { return }
        guest.requestedAt = now
    }

    private func noteRequests() {
        for guest in honest where guest.requestedAt == nil && guest.isConnected {
            noteRequest(guest)
        }
    }

    private func checkLedger() {
        expect(tank.ledgerBalances, "in = resident + in flight + delivered + discarded")
        steps += 1
        if steps % 256 == 0 { checkTotals() }
    }

    /// The mesh, the guests and the tank must be of one mind.
    func checkTotals() {
        let onTheirWay = guests.reduce(0) { $0 + $1.inFlight }
        let booked = guests.reduce(0) { $0 + (mesh.peer($1.id)?.inFlight ?? 0) }
        expect(onTheirWay == booked, "the mesh knows what is in flight")
        expect(tank.ledger.inFlight == UInt64(booked), "the ledger knows what is in flight")
        let delivered = guests.reduce(retired) { $0 + Int(mesh.totals(of: $1.id).deliveredBytes) }
        expect(tank.ledger.delivered == UInt64(delivered), "the ledger knows what was delivered")
    }

    private func expect(_ holds: Bool, _ promise: String) {
        if !holds, violations.count < 10 {
            violations.append("at \(now.seconds) s: not so: \(promise)")
        }
    }
}

extension TimeSpan {
    var seconds: Double { Double(nanoseconds) / 1e9 }
}
