// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshNode
internal import Foundation

/// Bytes a second over the last minutes: what flowed long ago counts for less and less.
struct FlowMeter {
    /// After so long something counts for 1/e of what it did: longer than the minute or two between
    /// two blocks of a guest.
    private static let memory = 300.0

    private var bytes = 0.0
    private var last: Moment?
    private var first: Moment?

    /// Books `byteCount` bytes that flowed at `now`.
    mutating func add(_ byteCount: Int, at now: Moment) {
        bytes = remembered(at: now) + Double(byteCount)
        last = now
        first = first ?? now
    }

    /// The rate at `now`; of a meter that is young, over the time that it is old.
    func bytesPerSecond(at now: Moment) -> Double {
        guard let first else { return 0 }
        let age = max(1, Self.seconds(now - first))
        // What a steady flow of 1 B/s since `first` would be remembered as.
        let weight = Self.memory * (1 - exp(-age / Self.memory))
        return remembered(at: now) / weight
    }

    private func remembered(at now: Moment) -> Double {
        guard let last else { return 0 }
        return bytes * exp(-max(0, Self.seconds(now - last)) / Self.memory)
    }

    private static func seconds(_ span: TimeSpan) -> Double { Double(span.nanoseconds) / 1e9 }
}
