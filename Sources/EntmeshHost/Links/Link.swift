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

/// One connection of an agent: the protocol's state and the socket under it.
final class Link {
    /// What one link may send us over time, in bytes: a pool's agent needs a tenth of it.
    static let inboundAllowance = TokenBucket.Allowance(rate: 4096, burst: 16384)

    let id: LinkID
    let channel: any Channel
    /// The socket's descriptor; NIO owns it and closes it with the channel.
    let descriptor: CInt
    let peer: PeerID
    var connection: Connection
    var inbound: TokenBucket
    /// The timer under way: one at a time, cancelled when an earlier deadline or the end comes.
    var timer: (deadline: Moment, task: Scheduled<Void>)?
    /// Whether reading is paused because the peer talks too much.
    var isPaused = false
    var isOver = false
    /// Frames of unknown types that were counted so far.
    var skippedFrames = 0

    init(
        id: LinkID, channel: any Channel, descriptor: CInt, peer: PeerID, hello: Hello,
        inbound: TokenBucket.Allowance, now: Moment
    ) {
        self.id = id
        self.channel = channel
        self.descriptor = descriptor
        self.peer = peer
        connection = Connection(
            hello: hello, keepalive: .host, largestBlock: Wire.largestPoolBlock)
        self.inbound = TokenBucket(inbound, now: now)
    }
}
