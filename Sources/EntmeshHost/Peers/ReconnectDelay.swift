// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshNode

/// How long to wait before a host is dialled again: anywhere up to 2 s, then up to twice as long
/// each time, to 30 s.
///
/// The whole range is drawn from, so that all who lost one host do not come back to it at once.
struct ReconnectDelay {
    private static let first = TimeSpan.seconds(2)
    private static let last = TimeSpan.seconds(30)
    /// Nobody is dialled more often than this.
    private static let least = TimeSpan.milliseconds(100)

    private var range = ReconnectDelay.first

    /// The next delay.
    mutating func next(using generator: inout some RandomNumberGenerator) -> TimeSpan {
        let delay = Int64.random(in: 0...range.nanoseconds, using: &generator)
        range = min(TimeSpan(nanoseconds: range.nanoseconds * 2), Self.last)
        return max(TimeSpan(nanoseconds: delay), Self.least)
    }

    /// A connection was good.
    mutating func reset() {
        range = Self.first
    }
}
