// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConnection
internal import EntmeshMesh
internal import EntmeshNode
internal import NIOCore

/// The name of one connection: what may leave the node, which the connection itself may not.
struct LinkID: Hashable, Sendable {
    let number: UInt64
}

/// How bytes leave on a channel.
enum Outlet {
    /// By send(2) on the socket's descriptor, once, from memory that is wiped at once. NIO owns the
    /// descriptor and closes it with the channel.
    case socket(CInt)
    /// Through the channel's pipeline, for TLS. What can wait there is bounded by the window of the
    /// protocol and by the channel's watermark.
    case pipeline
}

/// What distinguishes one kind of link from another.
struct LinkKind {
    let keepalive: Keepalive
    /// The largest block that is accepted, in bytes.
    let largestBlock: Int
    /// What it may send us over time, in bytes.
    let inbound: TokenBucket.Allowance

    /// A guest's: a pool's agent needs a tenth of the allowance.
    static let guest = LinkKind(
        keepalive: .host, largestBlock: Wire.largestPoolBlock,
        inbound: TokenBucket.Allowance(rate: 4096, burst: 16384))
    /// That of the host's own pool, if it gives. It hears our levels, and so has no reason to ask
    /// whether we are there: we ask.
    static let giver = LinkKind(
        keepalive: .guest, largestBlock: Wire.largestPoolBlock, inbound: .generous)
    /// That of another host, from which something is credited: as much as a core can condition.
    static let creditedHost = LinkKind(
        keepalive: .betweenHosts, largestBlock: Wire.largestBufferBlock,
        inbound: TokenBucket.Allowance(rate: 16 << 20, burst: 16 << 20))
    /// That of another host otherwise: receipts for what it is given, and a block now and then.
    static let host = LinkKind(
        keepalive: .betweenHosts, largestBlock: Wire.largestBufferBlock,
        inbound: TokenBucket.Allowance(rate: 256 << 10, burst: 256 << 10))
}

/// One connection of a peer: the protocol's state and the channel under it.
final class Link {
    let id: LinkID
    let channel: any Channel
    let outlet: Outlet
    let peer: PeerID
    var connection: Connection
    var inbound: TokenBucket
    /// The timer under way: one at a time, cancelled when an earlier deadline or the end comes.
    var timer: (deadline: Moment, task: Scheduled<Void>)?
    /// Whether reading is paused because the peer talks too much.
    var isPaused = false
    var isOver = false
    /// What the transport under it says is wrong, in words.
    var failure: String?
    /// Frames of unknown types that were counted so far.
    var skippedFrames = 0

    init(
        id: LinkID, channel: any Channel, outlet: Outlet, peer: PeerID, hello: Hello,
        kind: LinkKind, now: Moment
    ) {
        self.id = id
        self.channel = channel
        self.outlet = outlet
        self.peer = peer
        connection = Connection(
            hello: hello, keepalive: kind.keepalive, largestBlock: kind.largestBlock)
        inbound = TokenBucket(kind.inbound, now: now)
    }
}
