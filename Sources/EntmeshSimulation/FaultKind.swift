// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// What can go wrong in a simulation. The raw value is its key in a scenario file.
package enum FaultKind: String, CaseIterable, Codable, Sendable {
    /// A link is reset; what was under way is lost.
    case reset
    /// Nothing passes a link for a while, in either direction.
    case partition
    /// What one end sends arrives late.
    case delay
    /// A write arrives twice.
    case duplicate
    /// Two frames change places.
    case reorder
    /// Only a part of a write goes out: the sender ends the connection.
    case partialWrite = "partial-write"
    /// A host's daemon ends without a word, and starts empty a while later.
    case crash
    /// A guest runs on from a snapshot; libvirt tells the host.
    case restore
    /// A host sleeps: BOOTTIME goes on, MONOTONIC stands, its memory may exist twice.
    case suspend
    /// One end reads everything seconds late for a while.
    case slowReader = "slow-reader"
    /// A guest says that it is not ready and stale for a while, whatever it is given.
    case liar
    /// A few random bytes turn up in a stream.
    case garbage
}
