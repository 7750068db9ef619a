// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshLinux
internal import EntmeshNode

/// The memory behind M: locked, or ordinary where the operator allowed that.
enum TankMemory: TankStorage, ~Copyable {
    /// Cannot be swapped or dumped.
    case locked(LockedMemory)
    /// Can: shown as a warning.
    case unlocked(HeapStorage)

    var bytes: UnsafeMutableRawBufferPointer {
        switch self {
        case .locked(let memory): memory.bytes
        case .unlocked(let memory): memory.bytes
        }
    }

    var isLocked: Bool {
        switch self {
        case .locked: true
        case .unlocked: false
        }
    }
}
