// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshNode

/// What a source can give, in bytes a second of the time it is at work.
///
/// Older work counts for less: both sums are halved whenever 10 s of work have come together.
struct RateMeter: Sendable {
    private static let halvingSpan = TimeSpan.seconds(10)

    private var bytes = 0.0
    private var nanoseconds = 0.0

    /// Bytes a second; 0 before any work.
    var bytesPerSecond: Double {
        nanoseconds > 0 ? bytes / nanoseconds * 1e9 : 0
    }

    /// Books `byteCount` bytes that took `span` to make.
    mutating func book(_ byteCount: Int, in span: TimeSpan) {
        bytes += Double(byteCount)
        nanoseconds += Double(max(0, span.nanoseconds))
        guard nanoseconds >= Double(Self.halvingSpan.nanoseconds) else { return }
        bytes /= 2
        nanoseconds /= 2
    }
}
