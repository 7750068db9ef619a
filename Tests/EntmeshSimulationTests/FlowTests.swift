// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConfig
import EntmeshSimulation
import Testing

/// Entropy goes where it is needed, and only there.
struct FlowTests {
    private func report(_ yaml: String) throws -> Report {
        let report = ran(try Scenario(yaml: yaml, file: "test.yaml")).report
        #expect(report.broken == nil)
        return report
    }

    @Test func aHostWithoutASourceFeedsItsGuestsFromAnother() throws {
        let report = try ran(.pair()).report
        #expect(report.broken == nil)
        #expect(report.guests.allSatisfy { $0.neverFed == 0 && $0.leastBytes >= 32 })
        // In = delivered + what is in the tank: nothing was lost.
        #expect(report.hosts.allSatisfy { $0.discarded == 0 })
    }

    @Test func aHostThatOnlyMixesGetsABlockNowAndThenAndKeepsNothing() throws {
        let report = try report(
            """
            duration: 1 h
            hosts:
              - {name: rich, source: 1 KiB/s}
              - {name: wary}
            links:
              - {from: rich, to: wary, forth: mix}
            """)
        #expect(report.hosts[1].received == 0)
        // One block of 32 bytes whenever the mix level has fallen to 0 or by 10 points.
        #expect((6 * 32...70 * 32).contains(Int(report.hosts[0].delivered)))
    }

    @Test func oneNinthOfWhatIsCreditedGoesIntoConditioning() throws {
        let report = try report(
            """
            duration: 10 min
            hosts:
              - {name: rich, source: 1 KiB/s}
              - {name: poor}
            links:
              - {from: rich, to: poor, forth: credit}
            """)
        let given = report.hosts[0].delivered
        // Blocks of 64 bytes for 72, but for what is not whole yet or on its way.
        #expect(given / 72 * 64 - report.hosts[1].received <= 4096)
    }

    @Test func whoIsRefusedGetsNothing() throws {
        let report = try report(
            """
            duration: 10 min
            hosts:
              - {name: rich, source: 1 KiB/s}
              - {name: proud}
            links:
              - {from: rich, to: proud, forth: refuse}
            """)
        #expect(report.hosts[0].delivered == 0)
        #expect(report.hosts[1].received == 0)
    }

    @Test func aPoolThatRunsDryIsFilledFromTheOtherHost() throws {
        let report = try report(
            """
            duration: 2 h
            hosts:
              - {name: one, tank: 8 KiB, pool: {gathers: 8 B/s}}
              - {name: two, tank: 8 KiB, pool: {gathers: 8 B/s, uses: 12 B/s, uses-from: 1 h}}
            links:
              - {from: one, to: two, forth: credit, back: credit}
            """)
        #expect(report.pools[1].taken > 10_000)
        #expect(report.hosts[0].delivered > 10_000)
        #expect(report.pools[0].taken == 0)
    }

    @Test func guestsOfOneKindGetTheSame() throws {
        let report = try report(
            """
            duration: 1 h
            hosts:
              - {name: host, tank: 8 KiB, source: 16 B/s, guests: {count: 50, liars: 5}}
            """)
        #expect(report.guests[0].jainIndex > 0.95)
        #expect(report.guests[0].liars == 5)
    }

    @Test func everyOfAGroupHasItsPartnersAndNoPairTwo() throws {
        let report = try report(
            """
            duration: 1 s
            hosts:
              - {name: core, count: 4}
              - {name: leaf, count: 6}
            links:
              - {from: core, to: core, forth: credit, back: credit}
              - {from: core, to: leaf, each: 2, forth: credit}
            """)
        // Each of 4 with each other, and two for each leaf.
        #expect(report.connections == 6 + 12)
    }
}
