// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshNode
internal import Glibc

extension Moment {
    /// Now, by CLOCK_MONOTONIC.
    static var monotonic: Moment {
        var time = timespec()
        // Cannot fail: the clock exists on every Linux, and the pointer is valid.
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Moment(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }
}
