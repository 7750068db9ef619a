// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConnection
internal import EntmeshNode

/// One guest: its kernel's pool as the agent sees it.
final class SimulatedGuest {
    let host: SimulatedHost
    let plan: Scenario.GuestGroup
    /// Its place among the guests of its host.
    let number: Int
    /// It claims to be not ready and stale whatever it is given, always.
    let isLiar: Bool

    var freshness = Freshness()
    var isReady: Bool
    var mayBeClone = false
    var wasConnected = false
    var isFedHere = false
    /// It claims so until then.
    var liesUntil = Moment(nanoseconds: 0)
    var measures = GuestMeasures()

    init(host: SimulatedHost, plan: Scenario.GuestGroup, number: Int, isLiar: Bool) {
        self.host = host
        self.plan = plan
        self.number = number
        self.isLiar = isLiar
        isReady = plan.isReady
    }

    /// Whether it was never told to lie.
    var isHonest: Bool { !isLiar && liesUntil.nanoseconds == 0 }

    func lies(_ now: Moment) -> Bool { isLiar || liesUntil > now }

    /// The level it tells, on CLOCK_BOOTTIME.
    func level(_ now: Moment) -> FillLevel {
        lies(now) ? .empty : freshness.level(bootTime: now)
    }

    func hello(_ now: Moment) -> Hello {
        Hello(
            kind: .pool, capacity: UInt32(Wire.poolBlock), sends: false, accepts: plan.trust,
            isReady: isReady && !lies(now),
            occasion: mayBeClone ? .transportReset : wasConnected ? .peerEnded : .start,
            agentVersion: PrintableText("entmesh-guest simulated"))
    }
}
