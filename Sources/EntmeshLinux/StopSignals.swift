// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CEntmeshLinux

/// SIGTERM, SIGINT and SIGHUP as something to wait for beside a socket (signalfd(2)).
public struct StopSignals: ~Copyable {
    private let descriptor: FileDescriptor

    /// Blocks the three signals in this process and opens a descriptor for them.
    public init() throws(Errno) {
        descriptor = FileDescriptor(owning: try Errno.check(entmesh_signals_open()))
    }

    var rawValue: Int32 { descriptor.rawValue }

    /// Whether one of them came since the last call.
    public borrowing func cameIn() -> Bool {
        entmesh_signals_take(descriptor.rawValue) > 0
    }
}
