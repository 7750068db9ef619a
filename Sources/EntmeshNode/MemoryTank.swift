// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CZeroize

/// A first-in first-out buffer of full-entropy bytes: the seed's M.
///
/// What is drawn is wiped from the storage in the same call, so no byte can be drawn twice.
public struct MemoryTank<Storage: TankStorage & ~Copyable>: Tank, ~Copyable {
    /// The smallest amount worth giving, in bytes: 256 bits, what a kernel pool asks for.
    public static var blockByteCount: Int { 32 }

    private let storage: Storage
    private var head = 0

    /// How many bytes it holds now.
    public private(set) var resident = 0
    /// What came in and where it went.
    public private(set) var ledger = Ledger()

    /// An empty tank over `storage`, which it owns from here on.
    public init(storage: consuming Storage) {
        self.storage = storage
    }

    /// How many bytes it holds at most.
    public var capacity: Int { storage.bytes.count }

    /// The proportion held; 0 when it cannot fill one block.
    public var fillLevel: FillLevel {
        resident < Self.blockByteCount
            ? .empty : FillLevel(amount: Int64(resident), of: Int64(capacity))
    }

    /// Whether the account adds up.
    public var ledgerBalances: Bool { ledger.balances(resident: resident) }

    /// Takes `entropy` in; what does not fit is wiped and booked as discarded.
    ///
    /// Only bytes claimed at eight bits each are kept: M is full-entropy throughout, so that what
    /// leaves it can be credited whole.
    public mutating func deposit(_ entropy: consuming Entropy) -> Int {
        let offered = entropy.byteCount
        let isFull = entropy.minEntropy == .full(byteCount: offered)
        let kept = isFull ? min(offered, capacity - resident) : 0
        entropy.withBytes { bytes in
            for index in 0..<kept {
                storage.bytes[(head + resident + index) % capacity] = bytes[index]
            }
        }
        resident += kept
        ledger.book(offered: offered, kept: kept)
        return kept
    }

    /// Moves the oldest `byteCount` bytes out; they are in flight until settled.
    public mutating func draw(byteCount: Int) -> Entropy? {
        guard byteCount > 0, byteCount <= resident else { return nil }
        let first = min(byteCount, capacity - head)
        let source = storage.bytes
        let start = head
        let entropy = Entropy(byteCount: byteCount, minEntropy: .full(byteCount: byteCount)) {
            out in
            Self.move(source, start, first, to: out, at: 0)
            Self.move(source, 0, byteCount - first, to: out, at: first)
        }
        head = (head + byteCount) % capacity
        resident -= byteCount
        ledger.bookDrawn(byteCount)
        return entropy
    }

    /// Books the end of `byteCount` drawn bytes: acknowledged, or lost.
    public mutating func settle(byteCount: Int, delivered: Bool) {
        if delivered {
            ledger.bookDelivered(byteCount)
        } else {
            ledger.bookLost(byteCount)
        }
    }

    /// Wipes everything resident and books it as discarded; returns how many bytes that was.
    ///
    /// For the moments when what is here may exist elsewhere: a resume of the host, a clone.
    @discardableResult
    public mutating func wipe() -> Int {
        let lost = resident
        entmesh_wipe(storage.bytes.baseAddress, storage.bytes.count)
        head = 0
        resident = 0
        ledger.bookWiped(lost)
        return lost
    }

    private static func move(
        _ source: UnsafeMutableRawBufferPointer, _ start: Int, _ count: Int,
        to out: UnsafeMutableRawBufferPointer, at offset: Int
    ) {
        guard count > 0 else { return }
        let piece = UnsafeMutableRawBufferPointer(rebasing: source[start..<start + count])
        UnsafeMutableRawBufferPointer(rebasing: out[offset...]).copyMemory(
            from: UnsafeRawBufferPointer(piece))
        entmesh_wipe(piece.baseAddress, count)
    }
}
