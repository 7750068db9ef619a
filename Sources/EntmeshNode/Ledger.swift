// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// The account of one tank, in bytes after conditioning.
///
/// The identity that must always hold: in = resident + in flight + delivered + discarded.
public struct Ledger: Equatable, Sendable {
    /// Everything ever offered to the tank.
    public private(set) var received: UInt64 = 0
    /// Drawn and sent, not yet acknowledged.
    public private(set) var inFlight: UInt64 = 0
    /// Drawn, sent and acknowledged on the live connection.
    public private(set) var delivered: UInt64 = 0
    /// Lost: did not fit, was wiped, or was never acknowledged.
    public private(set) var discarded: UInt64 = 0

    public init() {}

    /// Whether the account adds up with `resident` bytes in the tank.
    public func balances(resident: Int) -> Bool {
        received == UInt64(resident) + inFlight + delivered + discarded
    }

    /// Books `offered` bytes at the door, of which `kept` went in.
    public mutating func book(offered: Int, kept: Int) {
        received += UInt64(offered)
        discarded += UInt64(offered - kept)
    }

    /// Books `count` bytes drawn from the tank to be sent.
    public mutating func bookDrawn(_ count: Int) {
        inFlight += UInt64(count)
    }

    /// Books `count` bytes in flight as acknowledged.
    public mutating func bookDelivered(_ count: Int) {
        inFlight -= UInt64(count)
        delivered += UInt64(count)
    }

    /// Books `count` bytes in flight as lost.
    public mutating func bookLost(_ count: Int) {
        inFlight -= UInt64(count)
        discarded += UInt64(count)
    }

    /// Books `count` resident bytes as wiped.
    public mutating func bookWiped(_ count: Int) {
        discarded += UInt64(count)
    }
}
