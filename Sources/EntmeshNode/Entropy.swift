// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CZeroize

/// Bytes with a min-entropy claim that can be spent once.
///
/// The seed's hardest rule, that the same entropy is never sent twice, is a *move* here: whatever
/// deposits or sends an `Entropy` consumes it, so a second use does not compile. The value owns
/// its bytes on the heap, where a move leaves no copy behind, and wipes them when it ends.
public struct Entropy: ~Copyable, @unchecked Sendable {
    // Sendable: the storage has one owner, this value, and moving the value moves the ownership.
    private let storage: UnsafeMutableRawBufferPointer

    /// How much of it may be credited, in bits; never more than eight a byte.
    public let minEntropy: MinEntropy

    /// Makes `byteCount` bytes and lets `fill` write them, in place.
    ///
    /// The bytes are zero before `fill` runs. A claim above eight bits a byte is cut to that.
    public init<E: Error>(
        byteCount: Int,
        minEntropy: MinEntropy,
        filledBy fill: (UnsafeMutableRawBufferPointer) throws(E) -> Void
    ) throws(E) {
        let storage = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(0, byteCount), alignment: 16)
        entmesh_wipe(storage.baseAddress, storage.count)
        do {
            try fill(storage)
        } catch {
            entmesh_wipe(storage.baseAddress, storage.count)
            storage.deallocate()
            throw error
        }
        self.storage = storage
        self.minEntropy = min(minEntropy, .full(byteCount: storage.count))
    }

    /// Takes a copy of `bytes`; wiping the original is the caller's.
    public init(copying bytes: RawSpan, minEntropy: MinEntropy) {
        self.init(byteCount: bytes.byteCount, minEntropy: minEntropy) { storage in
            bytes.withUnsafeBytes { storage.copyMemory(from: $0) }
        }
    }

    deinit {
        entmesh_wipe(storage.baseAddress, storage.count)
        storage.deallocate()
    }

    /// The size in bytes.
    public var byteCount: Int { storage.count }

    /// Lends the bytes for the length of `body`; they must not be kept.
    public borrowing func withBytes<R, E: Error>(
        _ body: (UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        try body(UnsafeRawBufferPointer(storage))
    }
}
