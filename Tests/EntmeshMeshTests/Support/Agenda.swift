// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshNode

/// What is to happen when, in virtual time; what is due at the same moment comes in the order it
/// was put down.
struct Agenda<Item> {
    private struct Entry {
        let moment: Moment
        let number: Int
        let item: Item

        func isBefore(_ other: Entry) -> Bool {
            moment == other.moment ? number < other.number : moment < other.moment
        }
    }

    private var heap: [Entry] = []
    private var count = 0

    var next: Moment? { heap.first?.moment }

    mutating func add(_ item: Item, at moment: Moment) {
        count += 1
        heap.append(Entry(moment: moment, number: count, item: item))
        var child = heap.count - 1
        while child > 0, heap[child].isBefore(heap[(child - 1) / 2]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func pop() -> Item? {
        guard let first = heap.first else { return nil }
        heap[0] = heap[heap.count - 1]
        heap.removeLast()
        var parent = 0
        while true {
            var soonest = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                if heap[child].isBefore(heap[soonest]) { soonest = child }
            }
            guard soonest != parent else { return first.item }
            heap.swapAt(parent, soonest)
            parent = soonest
        }
    }
}
