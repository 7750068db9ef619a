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

/// What a Node is, as its hello says.
public enum NodeKind: UInt8, Sendable {
    /// A kernel's entropy pool.
    case pool = 0
    /// A userland buffer.
    case buffer = 1
    /// Only gives, always full.
    case source = 2
}
