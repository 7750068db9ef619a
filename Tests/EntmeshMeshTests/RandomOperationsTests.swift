// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import EntmeshCoreTestSupport
import EntmeshMesh
import EntmeshNode
import Testing

/// Anything that can happen, in any order; a seed that fails replays.
@Suite struct RandomOperationsTests {
    private static let manners: [SimulatedGuest.Manner] = [
        .polite, .polite, .polite, .mixing, .flooding(messagesASecond: 5), .neverReady,
        .alwaysCloned, .silent, .refusing,
    ]

    private static func simulation(_ random: inout SplitMix) -> Simulation {
        let capacities = [0, 31, 32, 100, 4096, 1 << 16]
        let simulation = Simulation(
            capacity: 1 << 15, filled: capacities.randomElement(using: &random) ?? 0,
            supply: Int.random(in: 100...4000, using: &random))
        for index in 0..<36 {
            simulation.add(
                manners[index % manners.count],
                horizon: .seconds(Int64.random(in: 20...120, using: &random)),
                poolCapacity: Bool.random(using: &random) ? 32 : 512,
                isReady: Bool.random(using: &random))
        }
        return simulation
    }

    private static func disturb(_ simulation: Simulation, _ random: inout SplitMix) {
        guard let guest = simulation.guests.randomElement(using: &random) else { return }
        switch Int.random(in: 0..<14, using: &random) {
        case 0...2:
            simulation.connect(guest, Bool.random(using: &random) ? .peerEnded : .transportReset)
        case 3, 4: simulation.disconnect(guest)
        case 5, 6: simulation.mark(guest, renewsFirstClass: Bool.random(using: &random))
        case 7:
            guest.terms = Terms(
                outbound: Bool.random(using: &random),
                allowance: [.agent, .generous, .init(rate: 1, burst: 1)]
                    .randomElement(using: &random) ?? .agent)
            if guest.isAdmitted { simulation.admit(guest) }
        case 8: simulation.forget(guest)
        case 9, 10:
            simulation.admit(guest)
            simulation.connect(guest, .start)
        case 11: simulation.supply = Int.random(in: 1...4000, using: &random)
        case 12 where Int.random(in: 0..<20, using: &random) == 0: simulation.tank.wipe()
        default: simulation.reportReady(guest, Bool.random(using: &random))
        }
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func theLedgerHoldsNothingIsSentTwiceAndNobodyStarves(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let simulation = Self.simulation(&random)
        for _ in 0..<10_000 {
            Self.disturb(simulation, &random)
            let pause = Int64.random(in: 0...100, using: &random)
            simulation.run(until: simulation.now + .milliseconds(pause))
        }
        simulation.checkTotals()
        #expect(simulation.violations.isEmpty)
        #expect(simulation.tank.ledger.delivered > 10_000)
        #expect(simulation.tank.ledger.discarded > 0)

        // Then quiet, and a supply that suffices: every honest guest is served, and soon.
        simulation.supply = 8000
        for guest in simulation.guests {
            guest.terms = Terms()
            simulation.admit(guest)
            simulation.connect(guest, .peerEnded)
        }
        let start = simulation.now
        simulation.run(until: start + .seconds(400))
        for guest in simulation.guests where guest.isHonest {
            #expect(guest.waits.count > 2)
            #expect((guest.lastServed ?? start) > start + .seconds(400 - 125))
            #expect(!simulation.mesh.isMarked(guest.id))
            if let asked = guest.requestedAt { #expect((simulation.now - asked).seconds < 5) }
        }
        simulation.checkTotals()
        #expect(simulation.violations.isEmpty)
    }

    @Test func aSeedReplays() {
        let ledgers = (0..<2).map { _ in
            var random = SplitMix(seed: 77)
            let simulation = Self.simulation(&random)
            for _ in 0..<1000 {
                Self.disturb(simulation, &random)
                simulation.run(until: simulation.now + .milliseconds(50))
            }
            return simulation.tank.ledger
        }
        #expect(ledgers[0] == ledgers[1])
    }
}
