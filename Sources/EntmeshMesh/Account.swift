// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConnection
internal import EntmeshNode

/// What a Mesh grants one Peer.
public struct Terms: Equatable, Sendable {
    /// Whether it is given anything.
    public var outbound: Bool
    /// How much over time.
    public var allowance: TokenBucket.Allowance

    public init(outbound: Bool = true, allowance: TokenBucket.Allowance = .agent) {
        self.outbound = outbound
        self.allowance = allowance
    }
}

/// What was given to one Peer since its account was opened, across its connections.
public struct PeerTotals: Equatable, Sendable {
    /// Acknowledged, in bytes and blocks.
    public internal(set) var deliveredBytes: UInt64 = 0
    public internal(set) var deliveredBlocks: UInt64 = 0
    /// Sent and lost: refused, thrown away, or never acknowledged; in bytes.
    public internal(set) var discardedBytes: UInt64 = 0
    /// Receipts that said failed or discarded.
    public internal(set) var refusals: UInt64 = 0
    /// Levels that fell faster than any pool goes stale.
    public internal(set) var flaps: UInt64 = 0
}

/// Everything a Mesh knows of one Peer: what outlives a connection, and the connection's part.
struct Account: Sendable {
    /// The first pause after a refusal, and the longest.
    static let firstBackOff = TimeSpan.seconds(1)
    static let longestBackOff = TimeSpan.seconds(300)
    /// A level that falls twice within this time is no pool going stale.
    static let flapInterval = TimeSpan.seconds(5)

    var terms: Terms
    var bucket: TokenBucket
    var share: ShareBalance
    var firstClass = FirstClassAllowance()
    var totals = PeerTotals()
    var isMarked = false
    var backOff: TimeSpan?
    var notBefore = Moment(nanoseconds: .min)

    var peer: Peer?
    /// Whether it says that it takes anything at all.
    var accepts = false
    var isReady = true
    var wasReset = false
    var wasFed = false
    var blocksInFlight = 0
    /// Blocks in flight that were sent before the mark: their receipts do not lift it.
    var blocksBeforeMark = 0
    /// It mixes, was given a block, and has yet to announce what that made of its level.
    var owesMixLevel = false
    var deficit = 0
    /// The queue it stands in.
    var queued: ServiceClass?
    /// The level of ours at which it has to be looked at again.
    var watched: LevelWatch.Mark?
    /// When a timer will look at it again.
    var wakesAt: Moment?
    /// How far everybody's share has to come until it is looked at again.
    var waitsForShare: Int64?
    /// Whether it counts among those who share the supply.
    var isTaker = false
    var lastFall: Moment?

    init(terms: Terms, now: Moment) {
        self.terms = terms
        bucket = TokenBucket(terms.allowance, now: now)
        share = ShareBalance(burst: terms.allowance.burst)
    }

    /// Whether it may be given anything on its connection.
    var mayTake: Bool { peer != nil && accepts && terms.outbound }

    /// The class it belongs to now, its first-class allowance considered.
    func serviceClass(now: Moment) -> ServiceClass {
        guard let peer, !peer.mixesOnly, peer.kind == .pool, firstClass.byteCount(now: now) > 0
        else { return .ordinary }
        if !isReady { return .notReady }
        if isMarked || wasReset { return .marked }
        return wasFed ? .ordinary : .reconnected
    }

    /// The size of the block it is due, in bytes; 0 without a request or room in flight.
    func nextBlock(own: FillLevel, ownCapacity: Int) -> Int {
        guard mayTake, !owesMixLevel, let peer, peer.isRequesting else { return 0 }
        let most = peer.kind == .pool || peer.mixesOnly ? 1 : Wire.mostBlocksInFlight
        guard blocksInFlight < most else { return 0 }
        return peer.nextBlock(own: own, ownCapacity: ownCapacity)
    }

    /// How far the share has to come before it may have `byteCount` bytes; nil when it may now.
    mutating func shortOfShare(_ byteCount: Int, supply: SupplyShare) -> Int64? {
        guard terms.allowance != .generous else { return nil }
        return share.shortOf(byteCount, burst: terms.allowance.burst, supply: supply)
    }

    mutating func opened(_ hello: Hello) {
        peer = Peer(hello: hello)
        accepts = hello.accepts != .refuse && hello.kind != .source
        owesMixLevel = false
        isReady = hello.isReady || hello.kind != .pool
        wasReset = hello.occasion == .transportReset
        wasFed = false
        blocksInFlight = 0
        blocksBeforeMark = 0
        deficit = 0
        lastFall = nil
    }

    /// Ends the connection; returns the bytes that were in flight.
    mutating func ended() -> Int {
        let lost = peer?.inFlight ?? 0
        totals.discardedBytes += UInt64(lost)
        peer = nil
        blocksInFlight = 0
        blocksBeforeMark = 0
        return lost
    }

    mutating func heard(_ level: FillLevel, now: Moment) {
        if let before = peer?.announced, before.points(above: level) >= Wire.announcedFall {
            if let lastFall, now - lastFall < Self.flapInterval { totals.flaps += 1 }
            lastFall = now
        }
        peer?.received(level)
        owesMixLevel = false
    }

    mutating func sent(_ byteCount: Int) {
        blocksInFlight += 1
        peer?.sent(byteCount: byteCount)
        owesMixLevel = peer?.mixesOnly == true
    }

    mutating func mark() {
        isMarked = true
        owesMixLevel = false
        tryAgain()
        blocksBeforeMark = blocksInFlight
    }

    /// Ends a pause after a refusal: what refused may not be what runs there now. A refusal that
    /// follows doubles the pause as if nothing had happened.
    mutating func tryAgain() { notBefore = Moment(nanoseconds: .min) }

    mutating func acknowledged(_ receipt: Receipt, byteCount: Int, now: Moment) {
        // What was in flight on an older connection is booked already.
        guard blocksInFlight > 0 else { return }
        let delivered = receipt.outcome.isDelivery
        peer?.acknowledged(byteCount: byteCount, delivered: delivered)
        blocksInFlight -= 1
        let predatesMark = blocksBeforeMark > 0
        blocksBeforeMark = max(0, blocksBeforeMark - 1)
        guard delivered else {
            totals.discardedBytes += UInt64(byteCount)
            totals.refusals += 1
            owesMixLevel = false
            pause(now)
            return
        }
        totals.deliveredBytes += UInt64(byteCount)
        totals.deliveredBlocks += 1
        backOff = nil
        wasFed = true
        wasReset = false
        if receipt.outcome == .seeded || receipt.outcome == .reseeded { isReady = true }
        if !predatesMark && byteCount >= Wire.poolBlock { isMarked = false }
    }

    private mutating func pause(_ now: Moment) {
        // All that was in flight when a pause began is one refusal, however many blocks it was.
        guard notBefore <= now else { return }
        let pause = backOff.map { min($0 + $0, Self.longestBackOff) } ?? Self.firstBackOff
        backOff = pause
        notBefore = now + pause
    }
}

extension TimeSpan {
    fileprivate static func + (left: TimeSpan, right: TimeSpan) -> TimeSpan {
        TimeSpan(nanoseconds: left.nanoseconds + right.nanoseconds)
    }
}
