// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// How fresh a kernel pool is: the level of a pool whose own count never falls again.
///
/// 100 after an injection, falling in a straight line to 0 over the horizon. Until an injection
/// was *proven* on the live connection it is 0 whatever the age, so that nothing that happened
/// unseen, a snapshot restored while disconnected, can hide.
public struct Freshness: Equatable, Sendable {
    /// How long an injection counts.
    public let horizon: TimeSpan
    /// When the last injection succeeded, on CLOCK_BOOTTIME.
    public private(set) var restored: Moment?
    /// Whether that was on the live connection.
    public private(set) var isProven = false

    /// The default horizon.
    public static let defaultHorizon = TimeSpan.seconds(600)

    public init(horizon: TimeSpan = Freshness.defaultHorizon) {
        self.horizon = horizon
    }

    /// A new connection began: what was proven on the old one proves nothing here.
    public mutating func connectionBegan() {
        isProven = false
    }

    /// An injection of a block or more succeeded on the live connection.
    public mutating func injected(bootTime: Moment) {
        restored = bootTime
        isProven = true
    }

    /// The level at `bootTime`.
    public func level(bootTime: Moment) -> FillLevel {
        guard isProven, let restored else { return .empty }
        let left = horizon.nanoseconds - max(0, (bootTime - restored).nanoseconds)
        return FillLevel(amount: left, of: horizon.nanoseconds)
    }

    /// When the level will have fallen to `percent` or below; nil when there is nothing to fall.
    public func falls(to percent: UInt8) -> Moment? {
        guard isProven, let restored else { return nil }
        guard percent < 100 else { return restored }
        // 0 only at the horizon itself: 1 is the least above it.
        guard percent > 0 else { return restored + horizon }
        // The level is rounded down, so it reads `percent + 1` until 99 - percent hundredths of the
        // horizon have passed, and less one nanosecond later. In two parts, so as not to overflow.
        let gone = 99 - Int64(percent)
        let age = horizon.nanoseconds / 100 * gone + horizon.nanoseconds % 100 * gone / 100
        return restored + TimeSpan(nanoseconds: age + 1)
    }
}
