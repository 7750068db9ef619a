// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CEntmeshLinux
internal import CZeroize

/// Fixed memory for bytes on their way in; wiped after every use.
public struct ScratchBuffer: ~Copyable {
    private let storage: UnsafeMutableRawBufferPointer

    public init(byteCount: Int) {
        storage = .allocate(byteCount: max(1, byteCount), alignment: 16)
        entmesh_wipe(storage.baseAddress, storage.count)
    }

    deinit {
        entmesh_wipe(storage.baseAddress, storage.count)
        storage.deallocate()
    }

    /// Lends the memory to `body` and wipes it.
    public borrowing func use<R, E: Error>(
        _ body: (UnsafeMutableRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        defer { entmesh_wipe(storage.baseAddress, storage.count) }
        return try body(storage)
    }
}
