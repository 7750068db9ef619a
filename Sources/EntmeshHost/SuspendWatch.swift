// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshNode

/// Notices that the host was suspended: CLOCK_BOOTTIME goes on meanwhile, CLOCK_MONOTONIC does not
/// (clock_gettime(2)), so their difference grows by the time asleep and by nothing else.
struct SuspendWatch {
    /// Less than this is the time between reading one clock and the other.
    private static let tolerance = TimeSpan.seconds(1)

    private var difference: TimeSpan?

    /// Whether the host slept since this was asked last; false the first time.
    mutating func hasSlept(now: Moment, bootTime: Moment) -> Bool {
        let difference = bootTime - now
        defer { self.difference = difference }
        guard let before = self.difference else { return false }
        return difference.nanoseconds - before.nanoseconds > Self.tolerance.nanoseconds
    }
}
