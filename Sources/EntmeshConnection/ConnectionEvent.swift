// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

public import EntmeshNode

/// What came of feeding bytes to a Connection: one thing at a time.
public enum ConnectionEvent: ~Copyable {
    /// Everything was taken in and nothing whole is left.
    case needsMore
    /// The handshake is over. Announce a level now, if anything is accepted.
    case opened(Hello)
    /// The peer announced its level.
    case level(FillLevel)
    /// A block came: deposit it and call `acknowledge` before feeding more.
    case transfer(sequence: UInt32, Entropy)
    /// A block of `byteCount` bytes was acknowledged.
    case receipt(Receipt, byteCount: Int)
    /// The peer described its kernel.
    case status(PoolStatus)
    /// The connection is over: by the peer's close message, or because it broke the protocol.
    case closed(CloseReason, byPeer: Bool)
}
