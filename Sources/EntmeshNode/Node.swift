// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// The base logical device of the mesh: it has a fill level and can be drawn from.
public protocol Node: ~Copyable {
    /// How full the node is now.
    var fillLevel: FillLevel { get }

    /// Removes `byteCount` bytes and hands them over, or nil when the node cannot fill them all.
    mutating func draw(byteCount: Int) -> Entropy?
}

/// A Node where entropy is stored.
public protocol Tank: Node, ~Copyable {
    /// How much it holds at most, in bytes.
    var capacity: Int { get }

    /// Takes `entropy` in and returns how many bytes were kept; what does not fit is wiped.
    mutating func deposit(_ entropy: consuming Entropy) -> Int
}

/// A Node where entropy is generated: a tank that is always full and never takes anything.
public protocol Source: Node, ~Copyable {}

extension Source where Self: ~Copyable {
    public var fillLevel: FillLevel { .full }
}
