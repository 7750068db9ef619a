// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshMesh
internal import EntmeshNode

// What came of it.
extension Simulation {
    /// What is known at this moment of virtual time.
    package var report: Report {
        Report(
            scenario: scenario.name, seed: seed, simulatedSeconds: now.seconds, steps: steps,
            connections: connections, blocksToGuests: blocksToGuests, pieces: pieces.count,
            hosts: scenario.hosts.indices.map { hostReport($0) },
            guests: scenario.hosts.indices.compactMap { guestReport($0) },
            pools: scenario.hosts.indices.compactMap { poolReport($0) },
            faults: scenario.faults.map { rate in
                let index = FaultKind.allCases.firstIndex(of: rate.kind) ?? 0
                return Report.Fault(kind: rate.kind, count: faults[index])
            },
            broken: broken)
    }

    /// Levels over time.
    package var levels: Series { series }

    private func hostReport(_ group: Int) -> Report.Hosts {
        let plan = scenario.hosts[group]
        let members = hosts.filter { $0.group == group }
        let refills = members.compactMap(\.measures.refill).sorted()
        let books = members.map { total($0) }
        let levels = levels(of: members)
        return Report.Hosts(
            name: plan.name, count: members.count, tankBytes: plan.tank, lowestLevel: levels[0],
            medianLevel: levels[1], received: books.reduce(0) { $0 + $1.received },
            delivered: books.reduce(0) { $0 + $1.delivered },
            discarded: books.reduce(0) { $0 + $1.discarded },
            refillMedianSeconds: percentile(50, of: refills)?.inSeconds,
            refillWorstSeconds: refills.last?.inSeconds,
            notRefilled: members.count { $0.measures.fellLow && $0.measures.refill == nil },
            emptySeconds: members.reduce(0) { $0 + $1.measures.empty(now: now).inSeconds })
    }

    private func levels(of hosts: [SimulatedHost]) -> [Int] {
        var counts = LevelCounts()
        for host in hosts { counts.add(host.isUp ? host.tank.fillLevel.percent : 0) }
        return counts.summary
    }

    private func total(
        _ host: SimulatedHost
    ) -> (received: UInt64, delivered: UInt64, discarded: UInt64) {
        let past = host.measures
        guard host.isUp else { return (past.received, past.delivered, past.discarded) }
        let ledger = host.tank.ledger
        return (
            past.received + ledger.received, past.delivered + ledger.delivered,
            past.discarded + ledger.discarded
        )
    }

    private func guestReport(_ group: Int) -> Report.Guests? {
        let all = guests.filter { $0.host.group == group }
        guard !all.isEmpty else { return nil }
        let honest = all.filter(\.isHonest)
        let bytes = honest.map(\.measures.bytes).sorted()
        let waits = honest.compactMap(\.measures.firstBlock).sorted()
        let liars = all.filter { !$0.isHonest }.map(\.measures.bytes).sorted()
        return Report.Guests(
            hosts: scenario.hosts[group].name, count: honest.count, bytes: bytes.reduce(0, +),
            medianBytes: percentile(50, of: bytes) ?? 0, leastBytes: bytes.first ?? 0,
            jainIndex: jainIndex(bytes),
            firstBlockMedianSeconds: percentile(50, of: waits)?.inSeconds,
            firstBlockP99Seconds: percentile(99, of: waits)?.inSeconds,
            firstBlockWorstSeconds: waits.last?.inSeconds, neverFed: honest.count - waits.count,
            starvedSeconds: all.reduce(0) { $0 + $1.measures.starved(now: now).inSeconds },
            liars: liars.count, liarMedianBytes: percentile(50, of: liars) ?? 0)
    }

    private func poolReport(_ group: Int) -> Report.Pools? {
        let members = pools.filter { ends[$0.end].machine.group == group }
        guard !members.isEmpty else { return nil }
        var counts = LevelCounts()
        for pool in members { counts.add(pool.level.percent) }
        return Report.Pools(
            hosts: scenario.hosts[group].name, count: members.count,
            lowestLevel: counts.summary[0], medianLevel: counts.summary[1],
            given: members.reduce(0) { $0 + $1.given }, taken: members.reduce(0) { $0 + $1.taken })
    }

    // MARK: Samples

    /// Writes everybody's levels down.
    func sample() {
        var values: [Int] = []
        if series.tellsHosts {
            for host in hosts { values.append(host.isUp ? Int(host.tank.fillLevel.percent) : 0) }
        } else {
            for group in scenario.hosts.indices.prefix(Series.mostGroups) {
                values += levels(of: hosts.filter { $0.group == group })
            }
        }
        if !guests.isEmpty { values += guestLevels }
        let books = hosts.map { total($0) }
        values += [
            guestLinks.count { ends[$0].isUp }, guests.count { $0.measures.isStarving },
            Int(clamping: books.reduce(0) { $0 + $1.delivered }),
            Int(clamping: books.reduce(0) { $0 + $1.discarded }),
        ]
        series.add(values, at: now)
    }

    private var guestLevels: [Int] {
        var counts = LevelCounts()
        for guest in guests { counts.add(guest.freshness.level(bootTime: now).percent) }
        return counts.summary
    }
}
