// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConnection
internal import EntmeshNode

/// What an equal share of the supply has come to since the beginning.
///
/// A bucket is promised to each guest without a look at the others: a few that always claim to be
/// stale could take all that a slow source gives, and keep the level so low that whoever tells the
/// truth never has a request. So what comes in is shared out as it comes, and beyond its share a
/// guest is only given what a full tank has no room for.
struct SupplyShare: Sendable {
    /// Shares are counted in thousandths of a byte: at 5 MB/s they last for 58 years.
    static let unitsAByte: Int64 = 1000
    /// What everybody may have besides, so that a tank whose sources are silent is given away
    /// slowly, not kept: the block a minute that a fresh pool lives on.
    private static let unitsAStep: Int64 = 8
    private static let step = TimeSpan.milliseconds(
        unitsAStep * 60_000 / (Int64(Wire.poolBlock) * unitsAByte))

    /// The share of one taker so far, in units.
    private(set) var granted: Int64 = 0
    /// What could not be divided yet, in units.
    private var remainder: Int64 = 0
    /// What was in the tank when all that had come in was shared out, in bytes.
    private var resident = 0
    private var looked: Moment?

    /// Shares out what came in since the last look.
    mutating func look(resident now: Int, takers: Int, at moment: Moment) {
        if now > resident, takers > 0 {
            remainder += Int64(now - resident) * Self.unitsAByte
            granted += remainder / Int64(takers)
            remainder %= Int64(takers)
        }
        resident = now
        let steps = looked.map { max(0, (moment - $0).nanoseconds) / Self.step.nanoseconds } ?? 0
        granted += steps * Self.unitsAStep
        looked = looked.map { $0 + Self.span(steps) } ?? moment
    }

    /// `byteCount` bytes leave the tank.
    mutating func gave(_ byteCount: Int) {
        resident -= byteCount
    }

    /// When the share will have come to `units`, if nothing comes in.
    func reaches(_ units: Int64) -> Moment? {
        let steps = (max(0, units - granted) + Self.unitsAStep - 1) / Self.unitsAStep
        return looked.map { $0 + Self.span(steps) }
    }

    private static func span(_ steps: Int64) -> TimeSpan {
        TimeSpan(nanoseconds: steps * step.nanoseconds)
    }
}

/// How much of its share one peer has not had yet: at most the burst of its bucket.
struct ShareBalance: Sendable {
    private var units: Int64
    private var seen: Int64 = 0

    init(burst: Int) {
        units = Int64(burst) * SupplyShare.unitsAByte
    }

    /// How far the share has to come for `byteCount` bytes; nil when it has.
    mutating func shortOf(_ byteCount: Int, burst: Int, supply: SupplyShare) -> Int64? {
        let full = Int64(burst) * SupplyShare.unitsAByte
        units = min(full, units + supply.granted - seen)
        seen = supply.granted
        let wanted = Int64(min(byteCount, burst)) * SupplyShare.unitsAByte
        return units < wanted ? seen + wanted - units : nil
    }

    mutating func take(_ byteCount: Int) {
        units -= Int64(byteCount) * SupplyShare.unitsAByte
    }

    /// Makes `byteCount` bytes good: the tank has no room for what comes in.
    mutating func allow(_ byteCount: Int) {
        units = max(units, Int64(byteCount) * SupplyShare.unitsAByte)
    }
}
