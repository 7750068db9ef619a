// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshNode

/// How long to wait before the next dial: doubling from 0.4 to 30 s, drawn from the upper half, as
/// the guest agent does (docs/protocol.md, "Constants").
struct DialDelay: Sendable {
    private static let first = TimeSpan.milliseconds(400)
    private static let last = TimeSpan.seconds(30)

    private var step = DialDelay.first

    mutating func next(_ generator: inout Generator) -> TimeSpan {
        let half = Int(step.nanoseconds / 2)
        step = min(TimeSpan(nanoseconds: 2 * step.nanoseconds), Self.last)
        return TimeSpan(nanoseconds: Int64(half + generator.below(half + 1)))
    }

    /// Dialling was worth while: begin small again.
    mutating func reset() {
        step = Self.first
    }
}
