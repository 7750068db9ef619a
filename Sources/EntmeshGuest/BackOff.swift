// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshNode

/// How long to wait before the next dial: doubling from 0.2 to 30 s, with jitter.
///
/// Each delay is drawn from the upper half of its step, so that the guests of a host that
/// restarts do not all come back at once.
struct BackOff: Equatable, Sendable {
    private var step = GuestConstants.firstDelay

    /// The next delay; `randomness` is fresh for each, so that clones part ways.
    mutating func next(randomness: UInt64) -> TimeSpan {
        let half = step.nanoseconds / 2
        let jitter = Int64(randomness % UInt64(half + 1))
        step = min(TimeSpan(nanoseconds: step.nanoseconds * 2), GuestConstants.lastDelay)
        return TimeSpan(nanoseconds: half + jitter)
    }

    /// Dialling was worth while: begin small again.
    mutating func reset() {
        step = GuestConstants.firstDelay
    }

    /// Dialling soon is pointless: go to the longest step.
    mutating func exhaust() {
        step = GuestConstants.lastDelay
    }
}
