// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// What a Node does with the bytes a Peer sends it.
public enum InboundTrust: UInt8, Sendable {
    /// Nothing is taken.
    case refuse = 0
    /// Bytes are added, no entropy is credited.
    case mix = 1
    /// Bytes are added and credited as the sender declares, up to eight bits a byte.
    case credit = 2
}

/// Whether we give to a Peer, and what we do with what it gives: one decision a direction.
public struct Trust: Equatable, Sendable {
    /// Whether we send it entropy.
    public var outbound: Bool
    /// What happens to entropy it sends us.
    public var inbound: InboundTrust

    public init(outbound: Bool, inbound: InboundTrust) {
        self.outbound = outbound
        self.inbound = inbound
    }

    /// Feed it, take nothing: every guest, by default.
    public static let feedOnly = Trust(outbound: true, inbound: .refuse)
}

/// What a Node is, as its hello says.
public enum NodeKind: UInt8, Sendable {
    /// A kernel's entropy pool.
    case pool = 0
    /// A userland buffer.
    case buffer = 1
    /// Only gives, always full.
    case source = 2
}
