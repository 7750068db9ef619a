// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshNode

/// What is measured of one host, over all runs of its daemon.
struct HostMeasures: Sendable {
    /// In percent; where a tank counts as full again.
    let refilledAt: UInt8
    /// What became of the tanks of earlier runs, in bytes.
    private(set) var received: UInt64 = 0
    private(set) var delivered: UInt64 = 0
    private(set) var discarded: UInt64 = 0

    private var level: UInt8?
    private var lowest: UInt8 = 100
    private var lowestUntil = Moment(nanoseconds: 0)
    private var refilled: Moment?
    private var emptySince: Moment?
    private var empty = TimeSpan.seconds(0)

    init(refilledAt: Int) {
        self.refilledAt = UInt8(clamping: refilledAt)
    }

    /// M stands at `level` from `now` on.
    mutating func note(_ level: UInt8, now: Moment) {
        guard level != self.level else { return }
        // As long as it stays lowest, refilling has not begun.
        if self.level == lowest { lowestUntil = now }
        self.level = level
        if level <= lowest {
            lowest = level
            lowestUntil = now
            refilled = nil
        } else if level >= refilledAt, refilled == nil {
            refilled = now
        }
        if level > 0 { stopEmpty(now) } else if emptySince == nil { emptySince = now }
    }

    /// The daemon ended: nothing is measured until it starts again.
    mutating func stop(_ ledger: Ledger, now: Moment) {
        stopEmpty(now)
        level = nil
        received += ledger.received
        delivered += ledger.delivered
        discarded += ledger.received - ledger.delivered
    }

    /// From the lowest level to `refilledAt`; nil if it never was below that, or still is.
    var refill: TimeSpan? {
        guard fellLow, let refilled else { return nil }
        return refilled - lowestUntil
    }
    /// Whether it ever was below.
    var fellLow: Bool { lowest < refilledAt }

    /// How long M was empty while the daemon ran.
    func empty(now: Moment) -> TimeSpan {
        guard let emptySince else { return empty }
        return TimeSpan(nanoseconds: empty.nanoseconds + (now - emptySince).nanoseconds)
    }

    private mutating func stopEmpty(_ now: Moment) {
        empty = empty(now: now)
        emptySince = nil
    }
}

/// What is measured of one guest.
struct GuestMeasures: Sendable {
    /// What went into its pool, in bytes.
    private(set) var bytes: UInt64 = 0
    /// How long after it booted the first block was in; nil for never.
    private(set) var firstBlock: TimeSpan?
    var booted = Moment(nanoseconds: 0)
    private var starvingSince: Moment?
    private var starved = TimeSpan.seconds(0)

    mutating func took(_ byteCount: Int, now: Moment) {
        bytes += UInt64(byteCount)
        if firstBlock == nil { firstBlock = now - booted }
    }

    /// Whether it is connected and its true level is 0, from `now` on.
    mutating func note(isStarving: Bool, now: Moment) {
        guard isStarving != (starvingSince != nil) else { return }
        starved = starved(now: now)
        starvingSince = isStarving ? now : nil
    }

    var isStarving: Bool { starvingSince != nil }

    /// How long it was connected and at 0.
    func starved(now: Moment) -> TimeSpan {
        guard let starvingSince else { return starved }
        return TimeSpan(nanoseconds: starved.nanoseconds + (now - starvingSince).nanoseconds)
    }
}

/// How evenly something is spread over equals: 1 for evenly, 1/n if one has all of it (Jain, Chiu
/// and Hawe, DEC-TR-301, 1984). 1 if nobody has anything.
func jainIndex(_ shares: [UInt64]) -> Double {
    let sum = shares.reduce(0) { $0 + Double($1) }
    let squares = shares.reduce(0) { $0 + Double($1) * Double($1) }
    return squares > 0 ? sum * sum / (Double(shares.count) * squares) : 1
}

/// The value that so many percent of `sorted` do not exceed; nil of nothing (nearest rank).
func percentile<Value>(_ percent: Int, of sorted: [Value]) -> Value? {
    guard !sorted.isEmpty else { return nil }
    return sorted[max(0, (sorted.count * percent + 99) / 100 - 1)]
}
