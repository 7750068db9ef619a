// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConfig
internal import EntmeshConnection
internal import EntmeshControl
internal import EntmeshLibvirt
internal import EntmeshLinux
internal import EntmeshMesh
public import EntmeshNode
internal import EntmeshSources
public import Logging
public import NIOCore

/// One host's node: the tank M, its peers, and the rules between them.
///
/// Everything happens on one event loop: the actor's executor is the loop that reads the sockets,
/// so a byte read, the decision it leads to and the block it earns are one turn without a lock.
/// The map: this file has the state, the tank and the pump; `+Links` the connections, `+Output` and
/// `+Givers` what goes out and comes in on them, `+Domains` what libvirt tells, `+Identity` who may
/// connect, `+Peers` the other hosts, `+Control` what operators see and ask, `+Ledger` what outlives a restart.
public actor HostNode {
    /// How many blocks are sent before the loop gets another turn.
    private static let transfersATurn = 256
    /// Name and version, for peers and operators.
    public static let version: StaticString = "entmesh-host 0.1.0"

    /// The event loop everything runs on.
    public nonisolated let eventLoop: any EventLoop
    let configuration: HostConfiguration
    let log: Logger
    let feed: any Feed
    let started: Moment
    let ownPool: GuestRecord

    var tank: MemoryTank<TankMemory>
    let tankIsLocked: Bool
    var wire = WireBuffer()
    /// What peers give us goes through here, never into M as it came.
    var inbound: InboundConditioner
    var mesh: Mesh
    var directory = GuestDirectory()
    /// The other hosts.
    var peers = PeerDirectory()
    /// What guests are granted; a reload changes it.
    var rules: GuestRules
    /// The connections that are not over.
    var links: [LinkID: Link] = [:]
    /// Those of them over which something may come for M: other hosts, the host's own pool.
    var givers: [LinkID: PeerRecord] = [:]
    /// M's level when the givers were last looked through.
    var levelTold = FillLevel.empty
    /// How many bytes the feed has delivered, and what flows in and out of M.
    private var fedByteCount: UInt64 = 0
    var inflow = FlowMeter()
    var outflow = FlowMeter()
    /// Why the last reload was refused, or what of it takes a restart; nil if all is well.
    var reloadProblem: String?
    /// What keeps operators from connecting; nil if nothing does.
    var controlProblem: String?
    /// What keeps other hosts from connecting; nil if nothing does.
    var peersProblem: String?
    /// What keeps the ledger from being written; nil if nothing does.
    var ledgerProblem: String?
    /// What guests were given before this run.
    var book = LedgerBook()
    /// As whom we speak to other hosts, once the certificate could be read.
    var identity: PeerTLS?
    /// Whether other hosts are dialled and let in.
    var isOpenToPeers = false
    /// Connections that came in and are not through with TLS.
    var handshakes = 0
    var peerAcceptLimiter = AcceptLimiter()
    /// Spreads dials out; nothing secret depends on it.
    var jitter = SystemRandomNumberGenerator()
    var nextLink: UInt64 = 0
    var counters = Counters()
    var logLimiter = LogLimiter()
    var acceptLimiter = AcceptLimiter()
    let descriptorReserve = DescriptorReserve()
    var hypervisor: Hypervisor?
    var libvirt = LibvirtView()
    var warnings: [String] = []
    var nextWaiter: UInt64 = 0
    private var memoryWatch: MemoryWatch
    /// How often the feed was told to start over: what it made before is void.
    private var startOvers: UInt64 = 0
    /// What the feed was allowed last.
    private var allowedByteCount: UInt64?
    /// How often to look at the memory when nothing is delivered.
    private static let lookInterval = TimeAmount.seconds(1)
    var isStopped = false
    private var isPumping = false
    private var isPumpQueued = false
    private var pumpTimer: (deadline: Moment, task: Scheduled<Void>)?

    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        eventLoop.executor.asUnownedSerialExecutor()
    }

    /// Makes the node; `start` sets its feed going.
    ///
    /// - Throws: `HostError.cannotLockMemory` unless the configuration allows unlocked memory.
    public init(
        configuration: HostConfiguration, feed: any Feed, eventLoop: any EventLoop, log: Logger
    ) throws(HostError) {
        self.configuration = configuration
        self.feed = feed
        self.eventLoop = eventLoop
        self.log = log
        let now = configuration.clock()
        started = now
        let memory = try Self.tankMemory(configuration)
        tankIsLocked = memory.isLocked
        tank = MemoryTank(storage: memory)
        inbound = InboundConditioner()
        rules = configuration.guestRules
        memoryWatch = MemoryWatch(
            generationPath: configuration.generationPath,
            uevents: configuration.listensToKernel ? UeventSocket() : nil)
        mesh = Mesh(ownKind: .buffer, capacity: configuration.tankCapacity)
        ownPool = GuestRecord(peer: PeerID(0), origin: .fixed, domain: .ownPool)
        ownPool.settings.trust = configuration.ownPoolInbound
        mesh.admit(ownPool.peer, terms: Terms(allowance: .generous), now: now)
        for record in peers.replace(by: configuration.peers.hosts).new {
            mesh.admit(
                record.peer, terms: Terms(outbound: record.isGiven, allowance: .generous), now: now)
        }
        warnings = configuration.warnings
        if !tankIsLocked {
            log.warning("\(HostError.unlockedWarning)")
            warnings.append(HostError.unlockedWarning)
        }
    }

    private static func tankMemory(
        _ configuration: HostConfiguration
    ) throws(HostError) -> TankMemory {
        do {
            return .locked(try LockedMemory(byteCount: configuration.tankCapacity))
        } catch {
            guard configuration.allowsUnlockedMemory else {
                throw .cannotLockMemory(
                    byteCount: configuration.tankCapacity, reason: error.errno.text)
            }
            return .unlocked(HeapStorage(byteCount: configuration.tankCapacity))
        }
    }

    var now: Moment { configuration.clock() }

    // MARK: The tank

    /// How full M is.
    public var fillLevel: FillLevel { tank.fillLevel }

    /// Sets the feed going.
    public func start() throws {
        lockWireBuffer()
        try feed.start { [weak self] entropy, startOvers in
            self?.deliver(EntropyParcel(entropy), madeAfter: startOvers)
        }
        // A guest that was quicker than this may have made us ask a feed that did not listen yet.
        allowedByteCount = nil
        demandMore()
        if memoryWatch.listens { lookAgainSoon() }
    }

    private func lookAgainSoon() {
        _ = eventLoop.assumeIsolated().scheduleTask(in: Self.lookInterval) {
            self.assumeIsolated { node in
                guard !node.isStopped else { return }
                node.wipeIfNotUnique()
                node.lookAgainSoon()
            }
        }
    }

    /// Ends feed and connections, with a close message to every agent.
    public func stop() {
        feed.stop()
        isStopped = true
        closeToPeers()
        for link in links.values { end(link, .shutdown) }
        tank.wipe()
    }

    /// Wipes M: what is in it may exist elsewhere too (a resume of the host, a clone of it).
    @discardableResult
    public func wipeTank() -> Int {
        let lost = tank.wipe()
        log.notice("tank wiped", metadata: ["bytes": "\(lost)"])
        announceLevel(cause: .fall)
        demandMore()
        return lost
    }

    // A suspended host's memory may have been written to a disk and may run again from there, as
    // may that of a clone: M, what the feed has half made, and with it the guests'.
    private func wipeIfNotUnique() {
        guard let cause = memoryWatch.look(now: now, bootTime: bootTime) else { return }
        startOvers += 1
        counters.add(.events, cause.rawValue)
        log.warning("this host's memory may exist twice", metadata: ["cause": "\(cause.rawValue)"])
        feed.startOver()
        inbound.startOver()
        for record in givers.values { record.mixed.connectionBegan() }
        wipeTank()
        let mark = cause == .suspended ? GuestRecord.MarkCause.hostSlept : .hostRestored
        for record in pools where record.link != nil {
            self.mark(record, mark, renewsFirstClass: false)
        }
    }

    // Called on a thread of the feed, which waits until the block is in the tank.
    private nonisolated func deliver(_ parcel: EntropyParcel, madeAfter startOvers: UInt64) {
        try? eventLoop.submit {
            self.assumeIsolated { $0.deposit(parcel, madeAfter: startOvers) }
        }.wait()
    }

    private func deposit(_ parcel: EntropyParcel, madeAfter startOvers: UInt64) {
        wipeIfNotUnique()
        guard let entropy = parcel.take() else { return }
        fedByteCount += UInt64(entropy.byteCount)
        // What was under way while the host slept is in its image too.
        if startOvers == self.startOvers { deposit(inbound.blended(entropy)) }
        // The feed may have been about to deliver when it was stopped.
        if isStopped { tank.wipe() }
        pump()
    }

    func deposit(_ entropy: consuming Entropy) {
        inflow.add(tank.deposit(entropy), at: now)
        announceLevel(cause: .deposit)
    }

    private func demandMore() {
        let free = tank.capacity - tank.resident
        let wanted = free / Mesh.feedBlock * Mesh.feedBlock
        // An absolute count: what the feed has made and not brought yet is in it.
        let total = fedByteCount + UInt64(wanted)
        guard total != allowedByteCount else { return }
        allowedByteCount = total
        feed.allow(upTo: total)
    }

    private func lockWireBuffer() {
        let isLocked = wire.withStorage { (try? LockedMemory.lock($0)) != nil }
        if !isLocked && tankIsLocked { warnings.append(HostError.unlockedWarning) }
    }

    // MARK: The pump

    /// Sends what the mesh says until it rests.
    func pump() {
        guard !isPumping else { return }
        isPumping = true
        defer { isPumping = false }
        for _ in 0..<Self.transfersATurn {
            wipeIfNotUnique()
            switch mesh.next(own: tank.fillLevel, available: tank.resident, now: now) {
            case .transfer(let peer, let byteCount):
                transfer(byteCount, to: peer)
            case .rest(let until):
                announceLevel(cause: .fall)
                demandMore()
                if let until { wake(at: until) }
                if let fall = nextMixFall { wake(at: fall) }
                return
            }
        }
        goOnPumpingSoon()
    }

    // One more turn is asked for, however often the pump is called before it comes.
    private func goOnPumpingSoon() {
        guard !isPumpQueued else { return }
        isPumpQueued = true
        eventLoop.execute {
            self.assumeIsolated { node in
                node.isPumpQueued = false
                node.pump()
            }
        }
    }

    private func transfer(_ byteCount: Int, to peer: PeerID) {
        guard let link = record(peer)?.link else {
            // The mesh sends only to open connections; without one, nothing was drawn.
            _ = mesh.ended(peer)
            return
        }
        // The peer must know how we stand before the first block of a transfer reaches it.
        if link.connection.blocksInFlight == 0 { announceLevel(to: link, cause: .transferBegins) }
        guard let entropy = tank.draw(byteCount: byteCount) else {
            // The mesh asked for more than there is, and has booked it: it was never drawn.
            tank.settle(byteCount: mesh.ended(peer) - byteCount, delivered: false)
            end(link, .outOfResources)
            return
        }
        configuration.observer?(record(peer)?.name ?? "", entropy)
        guard link.connection.send(entropy, now: now, into: &wire) != nil else {
            end(link, .outOfResources)
            return
        }
        outflow.add(byteCount, at: now)
        flush(link)
        schedule(link)
    }

    // When a mix level will have fallen far enough to be announced.
    private var nextMixFall: Moment? {
        givers.values.compactMap { record in
            guard record.trust == .mix,
                let announced = record.link?.connection.announcedLevel?.percent, announced > 0
            else { return nil }
            let fallen = announced - min(announced, UInt8(Wire.announcedFall))
            return record.mixed.falls(to: fallen).map { now + ($0 - bootTime) }
        }.min()
    }

    private func wake(at moment: Moment) {
        if let pumpTimer {
            if pumpTimer.deadline <= moment { return }
            pumpTimer.task.cancel()
        }
        let delay = TimeAmount.nanoseconds(max(0, (moment - now).nanoseconds))
        let task = eventLoop.assumeIsolated().scheduleTask(in: delay) {
            self.assumeIsolated { node in
                node.pumpTimer = nil
                node.pump()
            }
        }
        pumpTimer = (moment, task)
    }

    // MARK: Everybody

    /// The guests, and the host's own pool.
    var pools: [GuestRecord] { [ownPool] + directory.records.values }

    func record(_ peer: PeerID) -> PeerRecord? {
        peer == ownPool.peer ? ownPool : directory.record(peer) ?? peers.record(peer)
    }
}

extension Domain {
    /// The host's own kernel pool, told as if it were a domain.
    static let ownPool = Domain(
        uuid: .none, name: "host", state: .running, hasVsock: true)
}

extension DomainUUID {
    static let none = DomainUUID(number: 0)

    /// A UUID for somebody libvirt does not know: `number` in its last bytes.
    init(number: UInt64) {
        let bytes = (0..<16).map { index in
            index < 8 ? UInt8(0) : UInt8(truncatingIfNeeded: number >> (8 * (15 - index)))
        }
        self = DomainUUID(bytes: bytes) ?? .none
    }
}
