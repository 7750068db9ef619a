// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// The account of a source's raw bytes: read = conditioned + dropped + captured + pending.
public struct RawLedger: Equatable, Sendable {
    /// Everything ever read.
    public private(set) var read: UInt64 = 0
    /// Went into a block.
    public private(set) var conditioned: UInt64 = 0
    /// Lost to a start-up test or an alarm, or left over at the end.
    public private(set) var dropped: UInt64 = 0
    /// Went to an operator, who assesses them; never used.
    public private(set) var captured: UInt64 = 0
    /// Read, and waiting to be used.
    public private(set) var pending: UInt64 = 0

    /// An empty account.
    public init() {}

    /// Whether it adds up.
    public var balances: Bool { read == conditioned + dropped + captured + pending }

    mutating func bookRead(_ count: Int) {
        read += UInt64(count)
        pending += UInt64(count)
    }

    mutating func bookConditioned(_ count: Int) {
        pending -= UInt64(count)
        conditioned += UInt64(count)
    }

    mutating func bookCaptured(_ count: Int) {
        pending -= UInt64(count)
        captured += UInt64(count)
    }

    mutating func bookDropped(_ count: Int) {
        pending -= UInt64(count)
        dropped += UInt64(count)
    }
}
