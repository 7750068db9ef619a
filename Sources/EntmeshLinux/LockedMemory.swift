// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CEntmeshLinux
internal import CZeroize
public import EntmeshNode

/// Memory that never reaches swap, a core dump or a child process: where a daemon's tank lives.
///
/// The pages are locked (mlock(2)), MADV_DONTDUMP and MADV_WIPEONFORK (madvise(2)). The owner wipes
/// and unmaps them when it ends.
public struct LockedMemory: TankStorage, ~Copyable {
    /// Why memory could not be protected.
    public struct Failure: Error, Equatable, Sendable {
        /// How many bytes were to be locked.
        public let byteCount: Int
        /// What the kernel said.
        public let errno: Errno
    }

    /// The block; valid as long as the owner lives.
    public let bytes: UnsafeMutableRawBufferPointer

    /// Maps `byteCount` bytes of zero and locks them.
    public init(byteCount: Int) throws(Failure) {
        var address: UnsafeMutableRawPointer?
        let result =
            byteCount > 0 ? entmesh_map_locked(byteCount, &address) : -Int32(entmesh_EINVAL)
        guard result == 0 else {
            throw Failure(byteCount: byteCount, errno: Errno(number: -result))
        }
        bytes = UnsafeMutableRawBufferPointer(start: address, count: byteCount)
    }

    deinit {
        entmesh_wipe(bytes.baseAddress, bytes.count)
        entmesh_unmap(bytes.baseAddress, bytes.count)
    }

    /// Locks memory that somebody else owns, and keeps it out of core dumps.
    ///
    /// Whole pages are affected. The owner wipes it; freeing it unlocks nothing, which is harmless.
    public static func lock(_ range: UnsafeMutableRawBufferPointer) throws(Failure) {
        let result = entmesh_lock_range(range.baseAddress, range.count)
        guard result == 0 else {
            throw Failure(byteCount: range.count, errno: Errno(number: -result))
        }
    }
}
