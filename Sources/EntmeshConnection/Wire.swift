// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

public import EntmeshNode

/// The constants of the protocol: what both ends must agree on (docs/protocol.md, "Constants").
public enum Wire {
    /// The AF_VSOCK port the host listens on; below 1024, so that only a privileged process can.
    public static let port: UInt32 = 700
    /// The versions this code speaks.
    public static let lowestVersion: UInt8 = 1
    public static let highestVersion: UInt8 = 1

    /// "EM", the first two bytes of every frame.
    public static let magic: UInt16 = 0x454D
    /// Magic, version, type, payload length, reserved.
    public static let headerByteCount = 8
    /// Types from here on may be skipped by who does not know them.
    public static let firstSkippableType: UInt8 = 0x80

    /// The longest string a peer may send, in bytes of printable ASCII.
    public static let longestText = 64
    /// The longest payload of any message but an entropy block, in bytes.
    public static let longestControlPayload = 256
    /// Sequence number and claimed bits, ahead of an entropy block's bytes.
    public static let transferHeaderByteCount = 8

    /// The size of a block for a modern kernel pool and of every mix transfer, in bytes.
    public static let poolBlock = 32
    /// How many blocks a connection keeps in flight at most, whatever their size: the window in
    /// bytes binds first.
    public static let mostBlocksInFlight = 64
    /// The largest block toward a pool, in bytes: an old kernel's whole input pool.
    public static let largestPoolBlock = 512
    /// The largest block between buffers, in bytes.
    public static let largestBufferBlock = 4096
    /// The most a sender keeps unacknowledged toward a buffer, in bytes.
    public static let largestWindow = 16384

    /// A hello must have come this long after the connection began.
    public static let handshakeDeadline = TimeSpan.seconds(5)
    /// A frame must be whole this long after its first byte.
    public static let frameDeadline = TimeSpan.seconds(15)
    /// A block must be acknowledged this long after it was sent.
    public static let receiptDeadline = TimeSpan.seconds(30)
    /// Status messages are at least this far apart.
    public static let statusInterval = TimeSpan.seconds(60)

    /// A transfer request begins when the sender is this many points above its peer.
    public static let requestBegins = 10
    /// A transfer request ends when the sender is fewer than this many points above its peer.
    public static let requestEnds = 5
    /// A level that fell by this many points is announced.
    public static let announcedFall = 10
    /// A level that moved by this many points is announced before a transfer begins.
    public static let announcedBeforeTransfer = 5
}

/// How long silence may last on one kind of link.
public struct Keepalive: Sendable {
    /// After receiving nothing this long, send a heartbeat; nil for the end that only answers.
    public let heartbeatAfter: TimeSpan?
    /// After receiving nothing this long, the connection is dead.
    public let deadAfter: TimeSpan

    public init(heartbeatAfter: TimeSpan?, deadAfter: TimeSpan) {
        self.heartbeatAfter = heartbeatAfter
        self.deadAfter = deadAfter
    }

    /// The guest's end of a guest link.
    public static let guest = Keepalive(heartbeatAfter: .seconds(120), deadAfter: .seconds(300))
    /// The host's end of a guest link: it answers heartbeats.
    public static let host = Keepalive(heartbeatAfter: nil, deadAfter: .seconds(300))
    /// Either end of a link between hosts.
    public static let betweenHosts = Keepalive(
        heartbeatAfter: .seconds(15), deadAfter: .seconds(45))
}
