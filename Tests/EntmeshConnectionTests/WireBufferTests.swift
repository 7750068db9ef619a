// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshNode
import Testing

@testable import EntmeshConnection

@Suite("Wire buffer")
struct WireBufferTests {
    private struct Stalled: Error, Equatable {}

    @Test("what was written is wiped, what was not waits")
    func partialDrain() {
        var wire = WireBuffer(capacity: 64)
        let isWhole = wire.encode(.transfer(sequence: 1, Entropy([0xAA, 0xBB])), version: 1)
        #expect(isWhole)
        var seen: [UInt8] = []
        wire.drain { waiting in
            seen = Array(waiting)
            return 17
        }
        #expect(seen == frame(0x03, [0, 0, 0, 1, 0, 0, 0, 16, 0xAA, 0xBB]))
        let left = wire.byteCount
        #expect(left == 1)
        let storage = wire.withStorage { Array($0) }
        #expect(
            storage == [UInt8](repeating: 0, count: 17) + [0xBB] + Array(repeating: 0, count: 46))
        let rest = wire.drainAll()
        #expect(rest == [0xBB])
        let (isEmpty, room) = (wire.isEmpty, wire.room)
        #expect(isEmpty)
        #expect(room == 64, "an empty buffer begins anew")
        let wiped = wire.withStorage { $0.allSatisfy { $0 == 0 } }
        #expect(wiped)
    }

    @Test("a write that fails leaves everything waiting", arguments: [0, -1])
    func nothingWritten(count: Int) {
        var wire = WireBuffer()
        _ = wire.encode(.heartbeat, version: 1)
        wire.drain { _ in count }
        #expect(throws: Stalled()) {
            try wire.drain { _ throws(Stalled) in throw Stalled() }
        }
        let left = wire.byteCount
        #expect(left == 9)
    }

    @Test("a writer that claims more than there was empties the buffer, no more")
    func overclaimed() {
        var wire = WireBuffer()
        _ = wire.encode(.heartbeat, version: 1)
        wire.drain { _ in .max }
        let (isEmpty, room) = (wire.isEmpty, wire.room)
        #expect(isEmpty)
        #expect(room == WireBuffer.defaultCapacity)
    }

    @Test("what waits can be wiped")
    func wipe() {
        var wire = WireBuffer(capacity: 64)
        _ = wire.encode(.transfer(sequence: 1, Entropy(32, of: 0xAA)), version: 1)
        wire.wipe()
        let wiped = wire.withStorage { $0.allSatisfy { $0 == 0 } }
        #expect(wiped)
        let isEmpty = wire.isEmpty
        #expect(isEmpty)
    }

    @Test("holds at least a header")
    func smallest() {
        let wire = WireBuffer(capacity: -5)
        let room = wire.room
        #expect(room == Wire.headerByteCount)
    }

    @Test("a message is encoded whole or not at all")
    func wholeOrNot() {
        let status = PoolStatus.example
        let sizes = [
            Self.size { $0.encode(.hello(.guest), version: 1) },
            Self.size { $0.encode(.level(.full), version: 1) },
            Self.size { $0.encode(.transfer(sequence: 1, Entropy(32, of: 1)), version: 1) },
            Self.size { $0.encode(.receipt(Receipt(sequence: 1, outcome: .mixed)), version: 1) },
            Self.size { $0.encode(.status(status), version: 1) },
            Self.size { $0.encode(.heartbeat, version: 1) },
            Self.size { $0.encode(.heartbeatAnswer, version: 1) },
            Self.size { $0.encode(.close(.shutdown), version: 1) },
        ]
        #expect(sizes == [8 + 18, 9, 8 + 8 + 32, 15, 8 + 9 + 14 + 12, 9, 9, 9])
    }

    @Test("a payload whose length does not fit in the header is not encoded")
    func longerThanALength() {
        for (size, fits) in [(65_527, true), (65_528, false)] {
            var wire = WireBuffer(capacity: 1 << 17)
            let isWhole = wire.encode(.transfer(sequence: 1, Entropy(size, of: 1)), version: 1)
            #expect(isWhole == fits)
        }
    }

    /// The smallest capacity in which `encode` succeeds; in every smaller one nothing is written.
    private static func size(_ encode: (inout WireBuffer) -> Bool) -> Int {
        for capacity in 8...200 {
            var wire = WireBuffer(capacity: capacity)
            if encode(&wire) {
                let byteCount = wire.byteCount
                #expect(byteCount == capacity)
                return capacity
            }
            let isEmpty = wire.isEmpty
            #expect(isEmpty)
        }
        return -1
    }
}
