// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConnection
internal import EntmeshMesh
internal import EntmeshNode

/// One end of a link: a Connection, what is on its way to it, and what is wrong with it now.
///
/// The two ends of a link stay when its connection is another: each connection is one life.
final class LinkEnd {
    /// Whose end it is.
    enum Owner {
        /// A host's, whose mesh knows the other end by this name.
        case host(PeerID)
        case guest(SimulatedGuest)
        case pool(SimulatedPool)
    }

    let index: Int
    let far: Int
    let owner: Owner
    /// The machine it runs on; a guest sleeps with its host.
    let machine: SimulatedHost
    /// Whether it is the one that dials.
    let dials: Bool
    let latency: TimeSpan
    /// What is done here with what the other end sends.
    let trust: InboundTrust

    var connection: Connection
    /// Which connection this is.
    var life: UInt32 = 0
    var isUp = false
    var connectedAt = Moment(nanoseconds: 0)
    var delay = DialDelay()
    /// When its timer fires.
    var timer: Moment?
    /// Of a host that only mixes what comes: how long ago that was.
    var mixed = Freshness()
    /// Of a host: blocks sent since the other end was marked.
    var blocksSinceMark = 0

    /// What is on its way here, oldest first.
    private var inbox: [[UInt8]] = []
    private var firstInInbox = 0
    private var lastArrival = Moment(nanoseconds: 0)

    /// Whether a fault has struck this connection: it may end for any reason then.
    var isDisturbed = false
    /// Nothing arrives before.
    var heldUntil = Moment(nanoseconds: 0)
    /// Until then everything arrives so much later.
    var slowUntil = Moment(nanoseconds: 0)
    var slowBy = TimeSpan.seconds(0)
    /// What happens to the next write.
    var trap: FaultKind?
    var heldBack: [UInt8]?
    /// The level last written on this connection.
    var levelWritten: UInt8?

    init(
        index: Int, far: Int, owner: Owner, machine: SimulatedHost, dials: Bool, latency: TimeSpan,
        trust: InboundTrust
    ) {
        self.index = index
        self.far = far
        self.owner = owner
        self.machine = machine
        self.dials = dials
        self.latency = latency
        self.trust = trust
        connection = Connection(
            hello: Hello(
                kind: .pool, capacity: 0, sends: false, accepts: .refuse, isReady: false,
                occasion: .start, agentVersion: PrintableText()),
            keepalive: .guest, largestBlock: 0)
    }

    /// Whether nothing is on its way here.
    var isInboxEmpty: Bool { inbox.isEmpty }

    /// Whether what is sent here at `now` is held up.
    func isImpaired(_ now: Moment) -> Bool { heldUntil > now || slowUntil > now }

    /// A new connection begins.
    func begin(_ connection: consuming Connection, life: UInt32, now: Moment) {
        self.connection = connection
        self.life = life
        isUp = true
        connectedAt = now
        timer = nil
        forgetInbox()
        isDisturbed = false
        trap = nil
        heldBack = nil
        levelWritten = nil
    }

    /// Puts `bytes` on their way here; returns when they arrive. What was sent earlier comes first.
    func send(_ bytes: [UInt8], now: Moment) -> Moment {
        inbox.append(bytes)
        return arrival(now: now)
    }

    /// When what is sent now arrives.
    func arrival(now: Moment) -> Moment {
        var moment = max(now, heldUntil) + latency
        if slowUntil > now { moment = moment + slowBy }
        lastArrival = max(lastArrival, moment)
        return lastArrival
    }

    /// Takes what arrives next.
    func takeArrived() -> [UInt8]? {
        guard firstInInbox < inbox.count else { return nil }
        let bytes = inbox[firstInInbox]
        firstInInbox += 1
        if firstInInbox == inbox.count { forgetInbox() }
        return bytes
    }

    private func forgetInbox() {
        inbox.removeAll(keepingCapacity: true)
        firstInInbox = 0
        lastArrival = Moment(nanoseconds: 0)
    }
}
