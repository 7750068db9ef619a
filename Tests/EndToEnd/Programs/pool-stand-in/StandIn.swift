// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConnection
internal import EntmeshNode

/// A 512-byte stand-in for an old kernel's pool, which a modern kernel can no longer be: its count
/// rises and falls. It takes and gives, and remembers what it gave and got.
struct StandIn: ~Copyable {
    static let capacity = 512
    /// An old kernel counts as full at three quarters: crediting is asymptotic.
    static let fullAt = capacity * 3 / 4

    private(set) var connection: Connection
    private var peer: Peer?
    /// What it gathered by itself, in bytes: only this is ever given.
    private var own: Int
    /// What peers put in, in bytes.
    private var foreign: Int
    /// In every block it gives, so that no other stand-in's are alike.
    private let run: UInt64
    private var nextNumber: UInt64 = 1
    private(set) var given: [[UInt8]] = []
    private(set) var received: [[UInt8]] = []
    private(set) var notifications = 0

    init(run: UInt64, own: Int, foreign: Int) {
        self.run = run
        self.own = min(own, Self.capacity)
        self.foreign = min(foreign, Self.capacity - self.own)
        connection = Connection(
            hello: Hello(
                kind: .pool, capacity: UInt32(Self.capacity), sends: true, accepts: .credit,
                isReady: true, occasion: .start, agentVersion: PrintableText("pool-stand-in")),
            keepalive: .guest, largestBlock: Wire.largestPoolBlock)
    }

    /// How full it is as a taker.
    var level: FillLevel { FillLevel(amount: Int64(own + foreign), of: Int64(Self.fullAt)) }
    /// How full it is as a giver (design section 3, available).
    var available: FillLevel { FillLevel(amount: Int64(own), of: Int64(Self.capacity)) }
    var bytes: (own: Int, foreign: Int) { (own, foreign) }

    mutating func start(now: Moment, into wire: inout WireBuffer) {
        connection.start(now: now, into: &wire)
    }

    mutating func tick(now: Moment, into wire: inout WireBuffer) {
        _ = connection.tick(now: now, into: &wire)
    }

    /// Time passes: noise is gathered, and somebody draws.
    mutating func gather(_ gathered: Int, draw: Int, now: Moment, into wire: inout WireBuffer) {
        own = min(own + gathered, Self.capacity - foreign)
        let fromForeign = min(draw, foreign)
        foreign -= fromForeign
        own -= min(draw - fromForeign, own)
        announce(gathered > draw ? .deposit : .fall, into: &wire)
        give(now: now, into: &wire)
    }

    mutating func receive(_ bytes: RawSpan, now: Moment, into wire: inout WireBuffer) {
        var offset = 0
        while true {
            switch connection.receive(bytes, offset: &offset, now: now, into: &wire) {
            case .needsMore:
                give(now: now, into: &wire)
                return
            case .closed: return
            case .opened(let hello):
                peer = Peer(hello: hello)
                announce(.deposit, into: &wire)
            case .level(let level): peer?.received(level)
            case .receipt(let receipt, let byteCount):
                peer?.acknowledged(byteCount: byteCount, delivered: receipt.outcome.isDelivery)
            case .transfer(let sequence, let entropy):
                take(entropy)
                announce(.deposit, into: &wire)
                connection.acknowledge(
                    Receipt(sequence: sequence, outcome: .reseeded), into: &wire)
            case .status: break
            }
        }
    }

    private mutating func take(_ entropy: consuming Entropy) {
        foreign += min(entropy.byteCount, Self.capacity - own - foreign)
        received.append(entropy.withBytes { Array($0) })
    }

    // Gives while M is significantly below what we have of our own, a block of 32 at a time.
    private mutating func give(now: Moment, into wire: inout WireBuffer) {
        while own >= Wire.poolBlock, connection.maySend, var peer {
            peer.compare(own: available, ownKind: .pool)
            guard peer.isRequesting, peer.inFlight == 0 else {
                self.peer = peer
                return
            }
            announce(.transferBegins, into: &wire)
            peer.sent(byteCount: Wire.poolBlock)
            self.peer = peer
            own -= Wire.poolBlock
            let block = nextBlock()
            given.append(block)
            let entropy = Entropy(
                copying: block.span.bytes, minEntropy: .full(byteCount: block.count))
            _ = connection.send(entropy, now: now, into: &wire)
        }
    }

    private mutating func announce(
        _ cause: LevelAnnouncer.Cause, into wire: inout WireBuffer
    ) {
        guard connection.isOpen,
            LevelAnnouncer.isDue(level, last: connection.announcedLevel, cause: cause)
        else { return }
        if connection.announce(level, into: &wire) { notifications += 1 }
    }

    // A name, who gives, a number, and the two combined: recognisable, and never the same twice.
    private mutating func nextBlock() -> [UInt8] {
        defer { nextNumber += 1 }
        let words = [run, nextNumber, run ^ nextNumber]
        return words.reduce(into: Array("stand-in".utf8)) { bytes, word in
            withUnsafeBytes(of: word.bigEndian) { bytes += $0 }
        }
    }
}
