// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CEntmeshLinux

/// Keeps this process's memory to itself.
public enum ProcessHardening {
    /// Not dumpable, not traceable without CAP_SYS_PTRACE, no core file (prctl(2), setrlimit(2)).
    public static func forbidDumps() throws(Errno) {
        _ = try Errno.check(entmesh_forbid_dumps())
    }

    /// Locks all memory that is and will be, each page as it is first touched (mlockall(2)).
    ///
    /// Without CAP_IPC_LOCK everything mapped counts against RLIMIT_MEMLOCK.
    public static func lockAllMemory() throws(Errno) {
        _ = try Errno.check(entmesh_lock_all())
    }
}
