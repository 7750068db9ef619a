// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// Pauses between attempts that double from the shortest to the longest.
struct BackOff {
    private let shortest: Duration
    private let longest: Duration
    private var upcoming: Duration

    init(shortest: Duration, longest: Duration) {
        self.shortest = shortest
        self.longest = longest
        upcoming = shortest
    }

    /// The pause to make now.
    mutating func next() -> Duration {
        defer { upcoming = min(upcoming * 2, longest) }
        return upcoming
    }

    /// An attempt was good: begin with the shortest again.
    mutating func reset() { upcoming = shortest }
}
