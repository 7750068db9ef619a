// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CZeroize
internal import EntmeshNode

/// The bytes on their way out: frames are encoded into it once, written, and wiped.
///
/// One owner a thread of work is enough: a buffer is emptied before the next connection's turn.
public struct WireBuffer: ~Copyable {
    /// Room for the largest block with its level and receipt, in bytes.
    public static let defaultCapacity = 8192

    private static let pageSize = 4096

    private let storage: UnsafeMutableRawBufferPointer
    private var start = 0
    private var end = 0

    public init(capacity: Int = WireBuffer.defaultCapacity) {
        // Whole pages of its own, so that locking them touches nobody else's memory.
        let alignment = capacity >= Self.pageSize ? Self.pageSize : 16
        storage = .allocate(
            byteCount: max(Wire.headerByteCount, capacity), alignment: alignment)
        entmesh_wipe(storage.baseAddress, storage.count)
    }

    deinit {
        entmesh_wipe(storage.baseAddress, storage.count)
        storage.deallocate()
    }

    /// How many bytes wait to be written.
    public var byteCount: Int { end - start }
    /// Whether nothing waits.
    public var isEmpty: Bool { start == end }
    /// How many more bytes fit.
    public var room: Int { storage.count - end }

    /// Lends the whole storage, so that its owner can lock it in memory.
    public borrowing func withStorage<R>(_ body: (UnsafeMutableRawBufferPointer) -> R) -> R {
        body(storage)
    }

    /// Lends the waiting bytes to `write`, which returns how many it has written; those are wiped.
    public mutating func drain<E: Error>(
        _ write: (UnsafeRawBufferPointer) throws(E) -> Int
    ) throws(E) {
        let waiting = UnsafeMutableRawBufferPointer(rebasing: storage[start..<end])
        let written = try write(UnsafeRawBufferPointer(waiting))
        let done = min(max(0, written), waiting.count)
        entmesh_wipe(waiting.baseAddress, done)
        start += done
        if start == end {
            start = 0
            end = 0
        }
    }

    /// Wipes whatever waits.
    public mutating func wipe() {
        entmesh_wipe(storage.baseAddress, storage.count)
        start = 0
        end = 0
    }

    // The callers have asked for `room` first; what does not fit is our own bug.

    mutating func append(_ value: UInt8) {
        storage[end] = value
        end += 1
    }

    mutating func append(_ value: UInt16) {
        append(UInt8(truncatingIfNeeded: value >> 8))
        append(UInt8(truncatingIfNeeded: value))
    }

    mutating func append(_ value: UInt32) {
        append(UInt16(truncatingIfNeeded: value >> 16))
        append(UInt16(truncatingIfNeeded: value))
    }

    mutating func append(_ text: PrintableText) {
        append(UInt8(text.count))
        for index in 0..<text.count {
            append(text[index])
        }
    }

    mutating func append(_ entropy: consuming Entropy) {
        let destination = UnsafeMutableRawBufferPointer(rebasing: storage[end...])
        entropy.withBytes { destination.copyMemory(from: $0) }
        end += entropy.byteCount
    }
}
