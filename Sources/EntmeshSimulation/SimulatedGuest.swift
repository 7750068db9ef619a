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
    /// It claims so until then, if it does; then an honest agent takes over.
    private var liesUntil: Moment?
    private var hasLied = false
    var measures = GuestMeasures()

    init(host: SimulatedHost, plan: Scenario.GuestGroup, number: Int, isLiar: Bool) {
        self.host = host
        self.plan = plan
        self.number = number
        self.isLiar = isLiar
        isReady = plan.isReady
    }

    /// Whether it was never told to lie.
    var isHonest: Bool { !isLiar && !hasLied }
    /// When an honest agent takes over; nil if there is none to come.
    var repents: Moment? { liesUntil }
    private var lies: Bool { isLiar || liesUntil != nil }

    func lie(until moment: Moment) {
        liesUntil = moment
        hasLied = true
    }

    func repent() { liesUntil = nil }

    /// The level it tells, on CLOCK_BOOTTIME.
    func level(_ now: Moment) -> FillLevel {
        lies ? .empty : freshness.level(bootTime: now)
    }

    /// Whether it says that its generator is ready.
    var saysReady: Bool { isReady && !lies }

    func hello() -> Hello {
        Hello(
            kind: .pool, capacity: UInt32(Wire.poolBlock), sends: false, accepts: plan.trust,
            isReady: saysReady,
            occasion: mayBeClone ? .transportReset : wasConnected ? .peerEnded : .start,
            agentVersion: PrintableText("entmesh-guest simulated"))
    }
}
