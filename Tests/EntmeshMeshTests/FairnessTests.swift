// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import EntmeshMesh
import EntmeshNode
import Testing

/// Guests that tell the truth beside others that do not.
@Suite struct FairnessTests {
    /// What polite guests got and how long they waited.
    private struct Outcome {
        /// Of each polite guest, in bytes.
        let served: [Int]
        /// From request to receipt, in seconds.
        let slowest1Percent: Double
        /// What an equal share of what came in would have been, in bytes.
        let share: Double
        let violations: [String]
    }

    private static let politeCount = 99
    private static let neverReadyCount = 10
    private static let alwaysClonedCount = 10

    /// 99 polite guests, with the abusers of N3 or without, over a measured time after a warm-up.
    private static func outcome(
        supply: Int, horizon: Int64, withAbusers: Bool, warmUp: Double, measured: Double
    ) -> Outcome {
        let simulation = Simulation(filled: 1 << 20, supply: supply)
        for index in 0..<politeCount {
            simulation.add(
                .polite, horizon: .seconds(horizon), connectsAt: .at(0.07 * Double(index)))
        }
        if withAbusers {
            simulation.add(.flooding(messagesASecond: 20))
            for _ in 0..<neverReadyCount { simulation.add(.neverReady) }
            for _ in 0..<alwaysClonedCount { simulation.add(.alwaysCloned) }
        }
        simulation.run(until: .at(warmUp))
        let polite = simulation.guests.prefix(politeCount)
        let before = polite.map(\.servedBytes)
        for guest in polite { guest.waits = [] }
        simulation.run(until: .at(warmUp + measured))
        simulation.checkTotals()
        let waits = polite.flatMap(\.waits).sorted()
        return Outcome(
            served: zip(polite, before).map { $0.servedBytes - $1 },
            slowest1Percent: waits.isEmpty ? .infinity : waits[waits.count * 99 / 100],
            share: Double(supply) * measured / Double(simulation.guests.count),
            violations: simulation.violations)
    }

    // Bar N3: a flooding abuser and 20 guests that always claim to be not ready or cloned, beside
    // 99 polite ones. What a polite guest demands is what it takes when there is no abuser; at a
    // horizon of 5 s that is more than its share. 400 B/s is less than the buckets of 21 abusers.
    @Test(arguments: [
        (4000, 600, 360.0), (4000, 30, 60), (4000, 5, 60), (400, 600, 1200), (400, 100, 400),
    ])
    func abusersCostAPoliteGuestLittleOfItsDemandOrShareAndNoTime(
        supply: Int, horizon: Int64, measured: Double
    ) {
        let warmUp = measured / 2
        let alone = Self.outcome(
            supply: supply, horizon: horizon, withAbusers: false, warmUp: warmUp,
            measured: measured)
        let beset = Self.outcome(
            supply: supply, horizon: horizon, withAbusers: true, warmUp: warmUp,
            measured: measured)
        #expect(alone.violations.isEmpty)
        #expect(beset.violations.isEmpty)
        for (demand, served) in zip(alone.served, beset.served) {
            // A block more or less is a matter of where the hour begins.
            let due = min(Double(demand), beset.share) * 0.95 - Double(Wire.poolBlock)
            #expect(Double(served) >= due)
        }
        let total = Double(beset.served.reduce(0, +))
        let totalDue = alone.served.reduce(0) { $0 + min(Double($1), beset.share) }
        #expect(total >= 0.95 * totalDue)
        #expect(beset.slowest1Percent <= 1.2 * alone.slowest1Percent)
    }

    @Test func abusersDoNotKeepTheTankLow() {
        let simulation = Simulation(filled: 1 << 20, supply: 400)
        for _ in 0..<20 { simulation.add(.polite) }
        for _ in 0..<20 { simulation.add(.flooding(messagesASecond: 1)) }
        simulation.run(until: .at(1800))
        #expect(simulation.tank.fillLevel >= .percent(95))
        #expect(simulation.violations.isEmpty)
    }

    @Test func silentAndRefusingGuestsCostALittleOfTheTankAndNobodyElseAnything() {
        let simulation = Simulation(filled: 1 << 20, supply: 400)
        for _ in 0..<20 { simulation.add(.polite) }
        for _ in 0..<20 {
            simulation.add(.silent)
            simulation.add(.refusing)
        }
        simulation.run(until: .at(1800))
        simulation.checkTotals()
        #expect(simulation.violations.isEmpty)
        for guest in simulation.guests.prefix(20) {
            #expect(guest.servedBytes >= 32 * 12)
            #expect((guest.waits.max() ?? .infinity) < 0.1)
        }
        // A refusing guest is tried at 1, 2, 4 .. 300 s; a silent one loses a block each half minute.
        let discarded = simulation.tank.ledger.discarded
        #expect(discarded <= 20 * 32 * (13 + 60))
        for guest in simulation.guests where guest.manner == .refusing {
            #expect(8...14 ~= simulation.mesh.totals(of: guest.id).refusals)
        }
    }
}
