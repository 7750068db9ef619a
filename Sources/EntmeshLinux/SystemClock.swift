// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CEntmeshLinux
public import EntmeshNode

/// The two clocks; wall-clock time is never asked for, so that nobody can jump it.
public enum SystemClock {
    /// CLOCK_MONOTONIC: for deadlines. Stands still while the machine sleeps.
    public static func now() -> Moment {
        Moment(nanoseconds: entmesh_clock_monotonic())
    }

    /// CLOCK_BOOTTIME: for freshness. Goes on while the machine sleeps.
    public static func bootTime() -> Moment {
        Moment(nanoseconds: entmesh_clock_boottime())
    }
}
