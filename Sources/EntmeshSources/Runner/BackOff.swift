// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshNode

/// How long to leave a device alone after an error: longer each time.
struct BackOff {
    private let first: TimeSpan
    private let most: TimeSpan
    private var next: TimeSpan

    init(first: TimeSpan, most: TimeSpan) {
        self.first = first
        self.most = max(first, most)
        next = first
    }

    /// The time to wait after one more error.
    mutating func lengthen() -> TimeSpan {
        let span = next
        let (doubled, overflow) = span.nanoseconds.multipliedReportingOverflow(by: 2)
        next = overflow ? most : min(most, TimeSpan(nanoseconds: doubled))
        return span
    }

    /// The device works again.
    mutating func reset() {
        next = first
    }
}
