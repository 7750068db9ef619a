// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// A point on one of the machine's clocks, in nanoseconds; which clock, the parameter's name says.
///
/// `now` is always CLOCK_MONOTONIC (deadlines, quotas); `bootTime` is CLOCK_BOOTTIME, which also
/// counts while the machine sleeps (freshness). The core has no clock: time comes in.
public struct Moment: Equatable, Comparable, Sendable {
    /// Nanoseconds since the clock's start.
    public let nanoseconds: Int64

    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    public static func < (left: Moment, right: Moment) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// The moment `span` later; saturates at either end of time.
    public static func + (moment: Moment, span: TimeSpan) -> Moment {
        let (sum, overflow) = moment.nanoseconds.addingReportingOverflow(span.nanoseconds)
        return Moment(nanoseconds: overflow ? (span.nanoseconds < 0 ? .min : .max) : sum)
    }

    /// The span from `earlier` to `later`; saturates.
    public static func - (later: Moment, earlier: Moment) -> TimeSpan {
        let (difference, overflow) = later.nanoseconds.subtractingReportingOverflow(
            earlier.nanoseconds)
        return TimeSpan(nanoseconds: overflow ? (later < earlier ? .min : .max) : difference)
    }
}

/// A length of time in nanoseconds. (`Duration` needs 128-bit arithmetic the guest can do without.)
public struct TimeSpan: Equatable, Comparable, Sendable {
    public let nanoseconds: Int64

    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    public static func seconds(_ count: Int64) -> TimeSpan {
        let (product, overflow) = count.multipliedReportingOverflow(by: 1_000_000_000)
        return TimeSpan(nanoseconds: overflow ? (count < 0 ? .min : .max) : product)
    }

    public static func milliseconds(_ count: Int64) -> TimeSpan {
        let (product, overflow) = count.multipliedReportingOverflow(by: 1_000_000)
        return TimeSpan(nanoseconds: overflow ? (count < 0 ? .min : .max) : product)
    }

    public static func < (left: TimeSpan, right: TimeSpan) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// Whole seconds, rounded down.
    public var wholeSeconds: Int64 { nanoseconds / 1_000_000_000 }
}
