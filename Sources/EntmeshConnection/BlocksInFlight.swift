// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshNode

/// The blocks sent on one connection and not yet acknowledged, oldest first.
///
/// Receipts come in the order of the blocks, so a sequence number and a size a block are enough.
struct BlocksInFlight: Sendable {
    private static let capacity = Wire.mostBlocksInFlight

    private var sizes = InlineArray<64, UInt16>(repeating: 0)
    private var oldest = 0
    private(set) var count = 0
    private(set) var byteCount = 0
    /// The sequence number of the next block.
    private(set) var nextSequence: UInt32 = 1
    /// When the oldest block was sent, or became the oldest.
    private(set) var waitingSince = Moment(nanoseconds: 0)

    /// Books a block of `size` bytes and returns its sequence number.
    mutating func push(_ size: Int, now: Moment) -> UInt32 {
        if count == 0 {
            waitingSince = now
        }
        sizes[(oldest + count) % Self.capacity] = UInt16(size)
        count += 1
        byteCount += size
        defer { nextSequence &+= 1 }
        return nextSequence
    }

    /// Takes the oldest block off if `sequence` names it; returns its size, or nil.
    mutating func pop(_ sequence: UInt32, now: Moment) -> Int? {
        guard count > 0, sequence == nextSequence &- UInt32(count) else { return nil }
        let size = Int(sizes[oldest])
        oldest = (oldest + 1) % Self.capacity
        count -= 1
        byteCount -= size
        waitingSince = now
        return size
    }
}
