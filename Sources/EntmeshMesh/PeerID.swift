// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// The name of one Peer in a Mesh: who it is stays the same when its connection is another.
public struct PeerID: Hashable, Sendable {
    /// A number the Mesh's owner picks.
    public let number: UInt64

    public init(_ number: UInt64) {
        self.number = number
    }
}
