// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import EntmeshCoreTestSupport
import EntmeshMesh
import EntmeshNode
import Testing

/// Many guests at once.
@Suite struct StormTests {
    private static func slowest1Percent(_ waits: [Double]) -> Double {
        waits.sorted()[waits.count * 99 / 100]
    }

    /// `count` guests that were never seeded boot within `seconds`, out of a full tank of 1 MiB.
    private static func boot(_ count: Int, within seconds: Double, seed: UInt64) -> Simulation {
        var random = SplitMix(seed: seed)
        let simulation = Simulation(filled: 1 << 20, supply: 4000)
        for _ in 0..<count {
            simulation.add(
                .polite, isReady: false,
                connectsAt: .at(Double.random(in: 0...seconds, using: &random)))
        }
        simulation.run(until: .at(seconds + 5))
        simulation.checkTotals()
        return simulation
    }

    @Test(arguments: [60.0, 0])
    func aThousandGuestsBootAndEachIsSeededWithOneBlock(within seconds: Double) {
        let few = Self.boot(100, within: seconds, seed: 1)
        let many = Self.boot(1000, within: seconds, seed: 1)
        #expect(many.violations.isEmpty)
        for guest in many.guests {
            #expect(guest.isReady)
            #expect(guest.waits.count >= 1)
        }
        #expect(many.tank.ledger.delivered <= 1000 * 64)
        // Bar N4: the slowest percent of 1000 against that of 100.
        let ratio =
            Self.slowest1Percent(many.guests.flatMap(\.waits))
            / Self.slowest1Percent(few.guests.flatMap(\.waits))
        #expect(ratio <= 3)
    }

    @Test func aBootStormOutOfAnEmptyTankIsServedAtTheRateOfTheSupplyAndInTurn() {
        let simulation = Simulation(supply: 4000)
        for _ in 0..<1000 { simulation.add(.polite, isReady: false) }
        simulation.run(until: .at(7))
        #expect(simulation.guests.count { $0.isReady } < 1000)
        simulation.run(until: .at(8.2))
        #expect(simulation.guests.allSatisfy { $0.isReady && $0.servedBytes == 32 })
        #expect(simulation.violations.isEmpty)
    }

    @Test func twoHundredRestoredGuestsAreServedBeforeEverybodyElse() {
        let simulation = Simulation(filled: 200 * 32, supply: 64)
        for _ in 0..<200 { simulation.add(.polite, connectsAt: .at(100)) }
        simulation.run(until: .at(99))
        let restored = simulation.guests
        // Others that have nothing and would take all there is.
        for _ in 0..<100 { simulation.add(.flooding(messagesASecond: 1), connectsAt: .at(99)) }
        for guest in restored { simulation.mark(guest, renewsFirstClass: true) }
        simulation.tank.wipe()
        simulation.supply = 20_000
        simulation.run(until: .at(101))
        #expect(restored.allSatisfy { !simulation.mesh.isMarked($0.id) })
        #expect(restored.allSatisfy { $0.servedBytes == 32 })
        #expect(simulation.violations.isEmpty)
    }

    @Test func aThunderingRestoreOfGuestsThatWereFreshIsOverAtOnce() {
        let simulation = Simulation(filled: 1 << 20, supply: 400)
        for _ in 0..<1000 { simulation.add(.polite) }
        simulation.run(until: .at(30))
        let restored = simulation.guests.prefix(200)
        for guest in restored {
            guest.waits = []
            simulation.disconnect(guest)
            simulation.mark(guest, renewsFirstClass: true)
            simulation.connect(guest, .transportReset)
        }
        simulation.run(until: .at(30.1))
        for guest in restored {
            #expect(!simulation.mesh.isMarked(guest.id))
            #expect(guest.waits.count == 1)
            #expect((guest.waits.max() ?? .infinity) <= 0.05)
        }
        simulation.checkTotals()
        #expect(simulation.violations.isEmpty)
    }
}
