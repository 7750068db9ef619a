// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshSimulation

/// The text of `entmesh simulate`.
struct SimulationText {
    private static let width = 80

    private let report: Report

    init(_ report: Report) {
        self.report = report
    }

    func render() -> String {
        ([head, hostTable] + [poolTable, guestTable, faults].compactMap { $0 } + [foot])
            .joined(separator: "\n\n")
    }

    private var head: String {
        "\(report.scenario), seed \(report.seed), "
            + "\(Words.age(seconds: Int(report.simulatedSeconds))) simulated"
    }

    private var hostTable: String {
        var table = Table([
            .init("Hosts", shrinksTo: 6), .init("N", .right), .init("Level", .right),
            .init("In", .right), .init("Delivered", .right), .init("Wasted", .right),
            .init("Refill", .right), .init("Worst", .right), .init("Empty", .right),
        ])
        for hosts in report.hosts {
            table.rows.append([
                hosts.name, "\(hosts.count)", range(hosts.lowestLevel, hosts.medianLevel),
                Words.bytes(hosts.received), Words.bytes(hosts.delivered),
                Words.bytes(hosts.discarded), seconds(hosts.refillMedianSeconds),
                hosts.notRefilled > 0
                    ? "\(hosts.notRefilled) not" : seconds(hosts.refillWorstSeconds),
                seconds(hosts.emptySeconds),
            ])
        }
        return table.render(width: Self.width)
    }

    private var poolTable: String? {
        guard !report.pools.isEmpty else { return nil }
        var table = Table([
            .init("Own pools", shrinksTo: 6), .init("N", .right), .init("Level", .right),
            .init("Given", .right), .init("Taken", .right),
        ])
        for pools in report.pools {
            table.rows.append([
                pools.hosts, "\(pools.count)", range(pools.lowestLevel, pools.medianLevel),
                Words.bytes(pools.given), Words.bytes(pools.taken),
            ])
        }
        return table.render(width: Self.width)
    }

    private var guestTable: String? {
        guard !report.guests.isEmpty else { return nil }
        var table = Table([
            .init("Guests of", shrinksTo: 6), .init("N", .right), .init("Each", .right),
            .init("Least", .right), .init("Fairness", .right), .init("First", .right),
            .init("p99", .right), .init("Unfed", .right), .init("Starved", .right),
        ])
        for guests in report.guests {
            table.rows.append([
                guests.hosts, "\(guests.count)", Words.bytes(guests.medianBytes),
                Words.bytes(guests.leastBytes), decimal(guests.jainIndex, places: 4),
                seconds(guests.firstBlockMedianSeconds), seconds(guests.firstBlockP99Seconds),
                "\(guests.neverFed)", seconds(guests.starvedSeconds),
            ])
        }
        return ([table.render(width: Self.width)] + liars).joined(separator: "\n")
    }

    private var liars: [String] {
        report.guests.filter { $0.liars > 0 }.map {
            "   and of \($0.hosts) \($0.liars) that lied, with \(Words.bytes($0.liarMedianBytes)) each"
        }
    }

    private var faults: String? {
        let struck = report.faults.filter { $0.count > 0 }
        guard !struck.isEmpty else { return nil }
        var lines = ["Faults:"]
        for (index, fault) in struck.enumerated() {
            let word =
                " \(fault.kind.rawValue) \(fault.count)"
                + (index < struck.count - 1 ? "," : "")
            if lines[lines.count - 1].count + word.count > Self.width { lines.append("       ") }
            lines[lines.count - 1] += word
        }
        return lines.joined(separator: "\n")
    }

    private var foot: String {
        let verdict = report.broken == nil ? ", none twice" : ""
        return """
            \(report.connections) connections, \(report.pieces) pieces of 32 bytes \
            transmitted\(verdict); \(report.steps) steps
            """
    }

    private func range(_ lowest: Int, _ median: Int) -> String {
        lowest == median ? "\(median)" : "\(lowest)..\(median)"
    }

    private func seconds(_ seconds: Double?) -> String {
        guard let seconds else { return "-" }
        if seconds < 10 { return decimal(seconds, places: seconds < 1 ? 3 : 1) + "s" }
        return seconds < 1000
            ? decimal(seconds, places: 0) + "s" : Words.age(seconds: Int(seconds))
    }
}

/// What several seeds came to.
struct SeedSummary {
    private var seeds = 0
    private var simulatedSeconds = 0.0
    private var steps: UInt64 = 0
    private var faults: [UInt64] = []
    private var names: [String] = []
    private var fewestKinds = Int.max
    private var pieces = 0

    mutating func add(_ report: Report) {
        seeds += 1
        simulatedSeconds += report.simulatedSeconds
        steps += report.steps
        pieces += report.pieces
        fewestKinds = min(fewestKinds, report.faults.count { $0.count > 0 })
        if names.isEmpty {
            names = report.faults.map(\.kind.rawValue)
            faults = names.map { _ in 0 }
        }
        for (index, fault) in report.faults.enumerated() { faults[index] += fault.count }
    }

    /// A few lines.
    var text: String {
        let struck = zip(names, faults).map { "\($0) \($1)" }.joined(separator: ", ")
        return """
            \(seeds) seeds, \(decimal(simulatedSeconds / 3600, places: 1)) simulated hours, \
            \(steps) steps: all invariants held
            \(pieces) pieces of 32 bytes transmitted, none twice in its run
            """
                + (faults.isEmpty
                    ? "" : "\nfaults, of \(fewestKinds) kinds or more in each: \(struck)")
    }
}
