// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshNode

/// Something that is due at a moment of virtual time.
struct Event: Sendable {
    /// What happens to a link end.
    enum AtEnd: Sendable {
        /// Bytes reach it.
        case arrive
        /// It sees that the other end has gone.
        case hangUp
        /// Its timer fires.
        case tick
        /// It dials the other end.
        case dial
    }

    /// What happens to a host.
    enum AtHost: Sendable {
        /// It asks its mesh again.
        case pump
        /// Its source has made a block.
        case feed
        /// Its own pool gathers and is drawn from.
        case gather
        /// It starts again after a crash.
        case restart
        /// It wakes.
        case wake
    }

    /// What it is; the index says of whom.
    enum Kind: Sendable {
        case end(AtEnd)
        case host(AtHost)
        /// The next fault of a kind.
        case fault
        /// Everybody's levels are written down.
        case sample
    }

    let kind: Kind
    /// A link end, a host, or a kind of fault.
    let index: Int32
    /// Which life of the link end or the host it belongs to; of another one it is void.
    let life: UInt32
}

/// What is to happen when, in virtual time: a binary heap. What is due at the same moment comes in
/// the order it was put down, so that a run has one order only.
struct EventQueue: Sendable {
    private struct Entry: Sendable {
        let moment: Moment
        let number: UInt64
        let event: Event

        func isBefore(_ other: Entry) -> Bool {
            moment == other.moment ? number < other.number : moment < other.moment
        }
    }

    private var heap: [Entry] = []
    private var count: UInt64 = 0

    /// When the next one is due.
    var next: Moment? { heap.first?.moment }

    mutating func add(_ event: Event, at moment: Moment) {
        let entry = Entry(moment: moment, number: count, event: event)
        count += 1
        heap.append(entry)
        var hole = heap.count - 1
        while hole > 0, entry.isBefore(heap[(hole - 1) / 2]) {
            heap[hole] = heap[(hole - 1) / 2]
            hole = (hole - 1) / 2
        }
        heap[hole] = entry
    }

    /// Takes the soonest off.
    mutating func pop() -> Event? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        guard !heap.isEmpty else { return first.event }
        var hole = 0
        while let child = soonerChild(of: hole), heap[child].isBefore(last) {
            heap[hole] = heap[child]
            hole = child
        }
        heap[hole] = last
        return first.event
    }

    private func soonerChild(of parent: Int) -> Int? {
        let left = 2 * parent + 1
        guard left < heap.count else { return nil }
        let right = left + 1
        return right < heap.count && heap[right].isBefore(heap[left]) ? right : left
    }
}
