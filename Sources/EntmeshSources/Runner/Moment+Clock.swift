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

    /// Lets this thread, which has nothing else to do, wait until `end`.
    static func sleep(until end: Moment) {
        sleep(for: end - monotonic)
    }

    /// Lets this thread wait for `span`; not at all if it is negative.
    static func sleep(for span: TimeSpan) {
        guard span.nanoseconds > 0 else { return }
        usleep(UInt32(clamping: span.nanoseconds / 1000))
    }
}
