// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CZeroize

/// The memory behind a `MemoryTank`: a fixed block with one owner.
///
/// The owner wipes the block before it gives it back.
public protocol TankStorage: ~Copyable {
    /// The block; valid as long as the owner lives.
    var bytes: UnsafeMutableRawBufferPointer { get }
}

/// Ordinary heap memory, for tests and simulations; a daemon's tank lives in `LockedMemory`.
public struct HeapStorage: TankStorage, ~Copyable {
    public let bytes: UnsafeMutableRawBufferPointer

    public init(byteCount: Int) {
        bytes = .allocate(byteCount: max(0, byteCount), alignment: 16)
        entmesh_wipe(bytes.baseAddress, bytes.count)
    }

    deinit {
        entmesh_wipe(bytes.baseAddress, bytes.count)
        bytes.deallocate()
    }
}
