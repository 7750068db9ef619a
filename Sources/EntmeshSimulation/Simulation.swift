// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import Crypto
internal import EntmeshConnection
internal import EntmeshMesh
internal import EntmeshNode

/// A scenario in virtual time: the daemon's own Mesh, Connection and MemoryTank, an event queue for
/// a clock, and a seeded generator for chance. The same scenario and seed give the same run.
///
/// The map: this file has who there is and the loop; `+Links` the transport, `+Hosts`, `+Guests`
/// and `+Pools` what each does with it, `+Faults` what goes wrong, `+Checks` what must hold,
/// `+Report` what came of it. Nothing here goes through a Dictionary or a Set in their order: that
/// differs from process to process.
package final class Simulation {
    /// How many steps pass until all tanks are checked, for each link end there is.
    private static let stepsAnEnd = 10
    private static let fewestSteps = 200

    package let scenario: Scenario
    package let seed: UInt64
    let end: Moment
    /// The last moment of faults.
    let lastFault: Moment
    /// A defect to be found, in tests.
    let defect: Defect?

    var now = Moment(nanoseconds: 0)
    var queue = EventQueue()
    /// For jitter, faults and start times.
    var chance: Generator
    /// For the bytes of sources and keys.
    private var blocks: Generator
    private(set) var hosts: [SimulatedHost] = []
    private(set) var guests: [SimulatedGuest] = []
    private(set) var pools: [SimulatedPool] = []
    private(set) var ends: [LinkEnd] = []
    /// The first ends of the links between hosts, and of those of guests.
    private(set) var hostLinks: [Int] = []
    private(set) var guestLinks: [Int] = []
    var wire = WireBuffer()

    var pieces = PieceSet()
    private var touched: [SimulatedHost] = []
    var broken: BrokenInvariant?
    private(set) var steps: UInt64 = 0
    var connections: UInt64 = 0
    var blocksToGuests: UInt64 = 0
    var faults = [UInt64](repeating: 0, count: FaultKind.allCases.count)
    var series: Series
    /// What a link's far end was told last, in tests of what is not to be repeated.
    var lastPiece: [UInt8]?

    /// - Parameters:
    ///   - duration: instead of the scenario's own, if given.
    ///   - defect: in tests, what to break.
    package convenience init(
        scenario: Scenario, seed: UInt64, duration: Int? = nil, defect: Defect? = nil
    ) {
        self.init(
            scenario, seed: seed,
            duration: duration.map { .seconds(Int64($0)) } ?? scenario.duration, defect: defect)
    }

    private init(_ scenario: Scenario, seed: UInt64, duration: TimeSpan, defect: Defect?) {
        self.scenario = scenario
        self.seed = seed
        self.defect = defect
        end = Moment(nanoseconds: 0) + duration
        lastFault = Moment(nanoseconds: end.nanoseconds - scenario.calm.nanoseconds)
        var generator = Generator(seed: seed)
        chance = generator.fork()
        blocks = generator.fork()
        series = Series(scenario)
        for group in scenario.hosts.indices { addHosts(of: group) }
        for group in scenario.links { addLinks(group) }
        for host in hosts { begin(host) }
        for kind in scenario.faults.indices { planFault(kind) }
        add(.sample, 0, 0, at: now)
    }

    // MARK: The loop

    /// Runs to the end, or to the first invariant that does not hold.
    package func run() {
        let interval = UInt64(max(Self.fewestSteps, Self.stepsAnEnd * ends.count))
        while broken == nil, let next = queue.next, next <= end, let event = queue.pop() {
            now = next
            steps += 1
            perform(event)
            checkTouched()
            if steps % interval == 0 { checkAll() }
        }
        guard broken == nil else { return }
        now = end
        checkAll()
        checkFaultKinds()
        checkRecovery()
    }

    func add(_ kind: Event.Kind, _ index: Int, _ life: UInt32, at moment: Moment) {
        queue.add(
            Event(kind: kind, index: Int32(truncatingIfNeeded: index), life: life), at: moment)
    }

    private func perform(_ event: Event) {
        switch event.kind {
        case .end(let kind): perform(kind, event, on: ends[Int(event.index)])
        case .host(let kind): perform(kind, event, on: hosts[Int(event.index)])
        case .fault: strike(Int(event.index))
        case .sample:
            sample()
            add(.sample, 0, 0, at: now + scenario.sample)
        }
    }

    private func perform(_ kind: Event.AtEnd, _ event: Event, on end: LinkEnd) {
        guard end.life == event.life else { return }
        guard end.machine.asleepUntil <= now else {
            if kind == .tick { end.timer = end.machine.asleepUntil }
            queue.add(event, at: end.machine.asleepUntil)
            return
        }
        touch(end.machine)
        switch kind {
        case .arrive: arrived(end)
        case .hangUp: lost(end, .endOfStream)
        case .tick: tick(end)
        case .dial: dial(end)
        }
    }

    private func perform(_ kind: Event.AtHost, _ event: Event, on host: SimulatedHost) {
        touch(host)
        switch kind {
        case .restart: restart(host)
        case .wake: wake(host)
        case .pump:
            // Waking pumps.
            guard host.life == event.life, host.asleepUntil <= now else { return }
            if host.pumpAt == now { host.pumpAt = nil }
            pump(host)
        case .feed: if isDue(event, on: host) { feed(host) }
        case .gather: if isDue(event, on: host) { gather(host) }
        }
    }

    // Whoever sleeps does it later; an earlier run of the daemon never does.
    private func isDue(_ event: Event, on host: SimulatedHost) -> Bool {
        guard host.isUp, host.life == event.life else { return false }
        if host.asleepUntil <= now { return true }
        queue.add(event, at: host.asleepUntil)
        return false
    }

    func touch(_ host: SimulatedHost) {
        guard !host.isTouched else { return }
        host.isTouched = true
        touched.append(host)
    }

    private func checkTouched() {
        for host in touched {
            host.isTouched = false
            check(host)
            if host.isUp { host.measures.note(host.tank.fillLevel.percent, now: now) }
        }
        touched.removeAll(keepingCapacity: true)
    }

    // MARK: Bytes

    /// A key for one run of a host's conditioner.
    func newKey() -> SymmetricKey {
        var bytes = [UInt8](repeating: 0, count: 32)
        bytes.withUnsafeMutableBytes { fill($0) }
        return SymmetricKey(data: bytes)
    }

    /// Writes bytes that were never written before.
    func fill(_ bytes: UnsafeMutableRawBufferPointer) {
        for offset in stride(from: 0, to: bytes.count, by: 8) {
            bytes.storeBytes(of: blocks.next().littleEndian, toByteOffset: offset, as: UInt64.self)
        }
    }

    // MARK: Who there is

    private func addHosts(of group: Int) {
        let plan = scenario.hosts[group]
        for number in 0..<plan.count {
            let host = SimulatedHost(
                index: hosts.count, group: group,
                name: plan.count == 1 ? plan.name : "\(plan.name)-\(number + 1)", plan: plan,
                key: newKey(), measures: HostMeasures(refilledAt: scenario.refilledAt))
            hosts.append(host)
            if let plan = plan.pool { addPool(plan, to: host) }
            for number in 0..<plan.guests.count + plan.guests.liars {
                addGuest(number, to: host)
            }
        }
    }

    private func addPool(_ plan: Scenario.Pool, to host: SimulatedHost) {
        let pool = SimulatedPool(plan: plan, end: ends.count)
        pools.append(pool)
        join(
            .pool(pool), on: host, taking: .credit, with: host,
            taking: plan.gives ? .credit : .refuse,
            latency: Self.localLatency)
    }

    private func addGuest(_ number: Int, to host: SimulatedHost) {
        let plan = host.plan.guests
        let guest = SimulatedGuest(
            host: host, plan: plan, number: number, isLiar: number >= plan.count)
        guests.append(guest)
        guestLinks.append(ends.count)
        join(
            .guest(guest), on: host, taking: plan.trust, with: host, taking: .refuse,
            latency: Self.localLatency)
    }

    /// From a guest or a pool to its host, one way.
    private static let localLatency = TimeSpan(nanoseconds: 50_000)

    private func addLinks(_ group: Scenario.LinkGroup) {
        let senders = hosts.filter { $0.group == group.from }
        let receivers = hosts.filter { $0.group == group.to }
        for (number, receiver) in receivers.enumerated() {
            for sender in partners(of: number, among: senders, group) where sender !== receiver {
                hostLinks.append(ends.count)
                join(
                    .host(PeerID(UInt64(sender.peers.count))), on: sender, taking: group.back,
                    with: receiver, taking: group.forth, latency: group.latency)
            }
        }
    }

    // Each of a group has the same number of partners, and each partner is used as often: in a
    // group linked with itself, those after it in a ring, no pair twice.
    private func partners(
        of number: Int, among senders: [SimulatedHost], _ group: Scenario.LinkGroup
    ) -> [SimulatedHost] {
        if group.from == group.to {
            let count = senders.count
            return (0..<(group.each ?? count / 2)).map { $0 + 1 }
                .filter { 2 * $0 != count || number < count / 2 }
                .map { senders[(number + $0) % count] }
        }
        let each = group.each ?? senders.count
        return (0..<each).map { senders[(number * each + $0) % senders.count] }
    }

    // `one` dials; the host's end is the second, or both are hosts'.
    private func join(
        _ one: LinkEnd.Owner, on machine: SimulatedHost, taking trust: InboundTrust,
        with host: SimulatedHost, taking hostTrust: InboundTrust, latency: TimeSpan
    ) {
        let index = ends.count
        ends.append(
            LinkEnd(
                index: index, far: index + 1, owner: one, machine: machine, dials: true,
                latency: latency, trust: trust))
        if case .host = one { attach(ends[index], to: machine) }
        let other = LinkEnd(
            index: index + 1, far: index, owner: .host(PeerID(UInt64(host.peers.count))),
            machine: host, dials: false, latency: latency, trust: hostTrust)
        ends.append(other)
        attach(other, to: host)
    }

    private func attach(_ end: LinkEnd, to host: SimulatedHost) {
        host.peers.append(end.index)
        if end.trust != .refuse { host.givers.append(end.index) }
        if end.dials { host.dialled.append(end.index) }
    }

    private func begin(_ host: SimulatedHost) {
        admitPeers(of: host)
        let held = host.plan.tank / 100 * host.plan.start / 64 * 64
        if held > 0 {
            let start = host.plan.start == 100 ? host.plan.tank : held
            _ = host.tank.deposit(newBlock(start))
        }
        touch(host)
        for index in host.dialled { add(.end(.dial), index, 0, at: now) }
        if host.plan.pool != nil { add(.host(.gather), host.index, host.life, at: now) }
        setPump(host, at: now)
        for index in host.peers {
            let far = ends[ends[index].far]
            switch far.owner {
            case .host: break
            case .pool: add(.end(.dial), far.index, 0, at: now)
            case .guest(let guest):
                let wait = Int(guest.plan.bootWithin.nanoseconds)
                guest.measures.booted = now + TimeSpan(nanoseconds: Int64(chance.below(wait + 1)))
                add(.end(.dial), far.index, 0, at: guest.measures.booted)
            }
        }
    }
}
