// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// A first-in first-out queue of peers from which any one can be taken out: every step is O(1).
struct RoundRobin: Sendable {
    private struct Link: Sendable {
        var previous: PeerID?
        var next: PeerID?
    }

    private var links: [PeerID: Link] = [:]
    private(set) var first: PeerID?
    private var last: PeerID?

    /// Puts `peer`, which must not be in the queue, at its end.
    mutating func append(_ peer: PeerID) {
        links[peer] = Link(previous: last, next: nil)
        if let last { links[last]?.next = peer } else { first = peer }
        last = peer
    }

    /// Takes `peer` out, wherever it is; does nothing if it is not there.
    mutating func remove(_ peer: PeerID) {
        guard let link = links.removeValue(forKey: peer) else { return }
        if let previous = link.previous {
            links[previous]?.next = link.next
        } else {
            first = link.next
        }
        if let next = link.next {
            links[next]?.previous = link.previous
        } else {
            last = link.previous
        }
    }

    /// Takes everybody out, in order, and appends them to `peers`.
    mutating func removeAll(into peers: inout [PeerID]) {
        while let first {
            peers.append(first)
            remove(first)
        }
    }
}
