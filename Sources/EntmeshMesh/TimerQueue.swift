// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshNode

/// A binary heap of moments, soonest first. Entries that no longer apply are left to be ignored
/// when they come up, so a peer's owner has to look again at what it woke for.
struct TimerQueue: Sendable {
    private struct Entry: Sendable {
        let moment: Moment
        let peer: PeerID
    }

    private var heap: [Entry] = []

    var next: Moment? { heap.first?.moment }

    mutating func add(_ peer: PeerID, at moment: Moment) {
        heap.append(Entry(moment: moment, peer: peer))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].moment < heap[parent].moment else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// Removes the soonest entry if it is due at `now`.
    mutating func popDue(_ now: Moment) -> PeerID? {
        guard let first = heap.first, first.moment <= now else { return nil }
        heap[0] = heap[heap.count - 1]
        heap.removeLast()
        siftDown()
        return first.peer
    }

    private mutating func siftDown() {
        var parent = 0
        while let child = soonerChild(of: parent), heap[child].moment < heap[parent].moment {
            heap.swapAt(parent, child)
            parent = child
        }
    }

    private func soonerChild(of parent: Int) -> Int? {
        let left = 2 * parent + 1
        let right = left + 1
        guard left < heap.count else { return nil }
        return right < heap.count && heap[right].moment < heap[left].moment ? right : left
    }
}
