// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import Crypto
internal import EntmeshConnection
internal import EntmeshMesh
internal import EntmeshNode
internal import EntmeshSources

/// One host: the tank M, its mesh, and the clocks of the machine.
final class SimulatedHost {
    let index: Int
    let group: Int
    let name: String
    let plan: Scenario.HostGroup

    var tank: MemoryTank<HeapStorage>
    var mesh: Mesh
    /// What peers give goes through here, never into M as it came.
    var inbound: InboundConditioner
    /// The link ends by the number of the peer in the mesh.
    var peers: [Int] = []
    /// Those over which something may come for M.
    var givers: [Int] = []
    /// The ends of links to other hosts that this one dials.
    var dialled: [Int] = []

    /// Whether its daemon runs, and which run of it this is.
    var isUp = true
    var life: UInt32 = 0
    /// It does nothing from the one to the other.
    private var asleepSince = Moment(nanoseconds: 0)
    private(set) var asleepUntil = Moment(nanoseconds: 0)
    /// How long it has slept so far: CLOCK_MONOTONIC is behind by that.
    private(set) var slept = TimeSpan.seconds(0)

    var pumpAt: Moment?
    var isFeedUnderWay = false
    /// M's level when the givers were last looked through.
    var levelTold = FillLevel.empty
    var isTouched = false
    var measures: HostMeasures

    init(
        index: Int, group: Int, name: String, plan: Scenario.HostGroup, key: SymmetricKey,
        measures: HostMeasures
    ) {
        self.measures = measures
        self.index = index
        self.group = group
        self.name = name
        self.plan = plan
        tank = MemoryTank(storage: HeapStorage(byteCount: plan.tank))
        mesh = Mesh(ownKind: .buffer, capacity: plan.tank)
        inbound = InboundConditioner(key: key)
    }

    /// The daemon starts, with nothing.
    func start(key: SymmetricKey) {
        tank = MemoryTank(storage: HeapStorage(byteCount: plan.tank))
        mesh = Mesh(ownKind: .buffer, capacity: plan.tank)
        forgetInbound(key: key)
        life += 1
        pumpAt = nil
        isFeedUnderWay = false
        levelTold = .empty
        isUp = true
    }

    /// What is half made is void: the conditioner begins anew.
    func forgetInbound(key: SymmetricKey) {
        inbound = InboundConditioner(key: key)
    }

    /// CLOCK_MONOTONIC here; CLOCK_BOOTTIME is virtual time itself.
    func monotonic(_ now: Moment) -> Moment {
        Moment(nanoseconds: now.nanoseconds - slept.nanoseconds)
    }

    /// When CLOCK_MONOTONIC here will say `moment`, if the machine does not sleep before.
    func virtual(_ moment: Moment) -> Moment { moment + slept }

    /// It goes to sleep, with all guests.
    func sleep(from now: Moment, until moment: Moment) {
        asleepSince = now
        asleepUntil = moment
    }

    /// It wakes.
    func wake() {
        slept = TimeSpan(nanoseconds: slept.nanoseconds + (asleepUntil - asleepSince).nanoseconds)
    }

    /// How many bytes its source makes at once: 64 as the daemon's, or what takes a twentieth of a
    /// second if that is more.
    var feedBlock: Int {
        let twentieth = (plan.source ?? 0) / 20 / Mesh.feedBlock * Mesh.feedBlock
        return min(max(Mesh.feedBlock, twentieth), 4096)
    }
}
