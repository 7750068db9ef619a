// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// How full a Tank is: 0...100, a proportion of its capacity, rounded down.
///
/// 100 is full. 0 means that a buffer cannot fill one block, or that a kernel pool is not ready,
/// may have been cloned, or is wholly stale. Everything between is clamped to 1...99, so that the
/// two ends keep their meaning.
public struct FillLevel: Equatable, Comparable, Sendable {
    /// The level as a number, 0...100.
    public let percent: UInt8

    /// Cannot give a block; needs one.
    public static let empty = FillLevel(unchecked: 0)
    /// Needs nothing.
    public static let full = FillLevel(unchecked: 100)

    private init(unchecked percent: UInt8) {
        self.percent = percent
    }

    /// The level `percent` stands for, or nil above 100.
    public init?(percent: UInt8) {
        guard percent <= 100 else { return nil }
        self.percent = percent
    }

    /// The level of `amount` out of `capacity`, in any unit the two share.
    ///
    /// 100 only when nothing is missing, 0 only when nothing is there.
    public init(amount: Int64, of capacity: Int64) {
        guard amount > 0, capacity > 0 else {
            self = .empty
            return
        }
        guard amount < capacity else {
            self = .full
            return
        }
        let (scaled, overflow) = amount.multipliedReportingOverflow(by: 100)
        let percent = overflow ? amount / (capacity / 100) : scaled / capacity
        self.percent = UInt8(min(max(percent, 1), 99))
    }

    public static func < (left: FillLevel, right: FillLevel) -> Bool {
        left.percent < right.percent
    }

    /// How far this level is above `other`, in points; negative when it is below.
    public func points(above other: FillLevel) -> Int {
        Int(percent) - Int(other.percent)
    }
}
