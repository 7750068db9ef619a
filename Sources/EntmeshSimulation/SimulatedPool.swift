// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConnection
internal import EntmeshNode

/// A 512-byte stand-in for an old kernel's pool, which a modern one can no longer be: its count
/// rises and falls, it takes and gives.
final class SimulatedPool {
    static let capacity = 512
    /// An old kernel counts as full at three quarters: crediting is asymptotic.
    static let fullAt = capacity * 3 / 4
    /// How often it gathers and is drawn from.
    static let interval = TimeSpan.seconds(1)

    let plan: Scenario.Pool
    let end: Int
    var peer: Peer?
    /// What it gathered by itself, in bytes: only this is ever given.
    private(set) var own = 0
    /// What peers put in, in bytes.
    private(set) var foreign = 0
    var taken: UInt64 = 0
    var given: UInt64 = 0

    init(plan: Scenario.Pool, end: Int) {
        self.plan = plan
        self.end = end
    }

    /// How full it is as a taker.
    var level: FillLevel { FillLevel(amount: Int64(own + foreign), of: Int64(Self.fullAt)) }
    /// How full it is as a giver (docs/design.md, "Kernel pools").
    var available: FillLevel { FillLevel(amount: Int64(own), of: Int64(Self.capacity)) }

    /// What is drawn from it at `now`, in bytes a second.
    func uses(_ now: Moment) -> Int {
        let since = now - (Moment(nanoseconds: 0) + plan.usesFrom)
        return since >= TimeSpan.seconds(0) && since < plan.usesFor ? plan.uses : 0
    }

    /// A second passes: noise is gathered, and somebody draws; what peers put in goes first.
    func pass(using draw: Int) {
        own = min(own + plan.gathers, Self.capacity - foreign)
        let fromForeign = min(draw, foreign)
        foreign -= fromForeign
        own -= min(draw - fromForeign, own)
    }

    /// Takes in `byteCount` bytes of a peer; what does not fit is lost.
    func take(_ byteCount: Int) {
        foreign += min(byteCount, Self.capacity - own - foreign)
        taken += UInt64(byteCount)
    }

    /// Gives a block away.
    func give(_ byteCount: Int) {
        own -= byteCount
        given += UInt64(byteCount)
    }

    func hello() -> Hello {
        Hello(
            kind: .pool, capacity: UInt32(Self.capacity), sends: plan.gives, accepts: .credit,
            isReady: true, occasion: .start, agentVersion: PrintableText("pool-stand-in"))
    }
}
