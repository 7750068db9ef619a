// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CZeroize

/// Wipes what functions that have returned left on this thread's stack, below the caller.
///
/// A digest passes through frames of swift-crypto and through spilled registers that nobody else
/// can wipe; without this, pieces of the last block stay there for as long as the thread rests.
enum StackTraces {
    /// Bytes wiped: hashing and a delivery have been seen to reach 4 KiB deep.
    private static let byteCount = 16 * 1024
    /// Bytes a frame: the most that `withUnsafeTemporaryAllocation` takes from the stack.
    private static let frameByteCount = 1024

    static func wipe() {
        wipe(frames: byteCount / frameByteCount)
    }

    @inline(never)
    private static func wipe(frames: Int) {
        withUnsafeTemporaryAllocation(byteCount: frameByteCount, alignment: 16) { frame in
            entmesh_wipe(frame.baseAddress, frame.count)
            // Within the closure, so that each frame lies below the one before.
            if frames > 1 { wipe(frames: frames - 1) }
        }
    }
}
