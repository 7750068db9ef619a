// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import ArgumentParser
internal import EntmeshControl

/// `entmesh status`: the daemon, its tank and ledger, its sources.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show the tank, its ledger, the sources and what went wrong.")

    @OptionGroup var display: DisplayOptions
    @OptionGroup var shared: SharedOptions

    func run() async throws {
        try await reportingErrors {
            let client = try await shared.client()
            try await show(
                display,
                fetch: { try await client.get(ControlAPI.statusPath) as HostStatus },
                text: { status, _ in StatusText(status: status).render() },
                line: { try JSON.line($0) })
        }
    }
}

/// The text of `entmesh status`.
struct StatusText {
    let status: HostStatus

    func render() -> String {
        ([head, tank, flow, ledger] + sources + [libvirt] + ownPool + counters + warnings)
            .joined(separator: "\n")
    }

    private var head: String {
        "\(status.program), up \(Words.age(seconds: status.uptimeSeconds)), "
            + "\(status.guestsConnected) agents connected"
    }

    private var tank: String {
        let tank = status.tank
        return "Tank:     \(tank.level) % of \(Words.bytes(UInt64(tank.capacity))), "
            + (tank.isLocked ? "locked in memory" : "NOT locked in memory")
    }

    private var flow: String {
        let tank = status.tank
        let runway = tank.runwaySeconds.map { "lasts \(Words.age(seconds: $0)) at that" }
        return "Flow:     in \(Self.rate(tank.inBytesPerSecond)), "
            + "out \(Self.rate(tank.outBytesPerSecond)); \(runway ?? "lasts: nothing flows out")"
    }

    private static func rate(_ bytesPerSecond: Double) -> String {
        guard bytesPerSecond < 100 else { return Words.bytes(UInt64(bytesPerSecond)) + "/s" }
        return "\((bytesPerSecond * 10).rounded() / 10) B/s"
    }

    private var ledger: String {
        let tank = status.tank
        let sign = tank.balances ? "=" : "!="
        return "Ledger:   in \(tank.received) \(sign) resident \(tank.resident)"
            + " + in flight \(tank.inFlight) + delivered \(tank.delivered)"
            + " + discarded \(tank.discarded)"
    }

    private var sources: [String] {
        status.sources.map { source in
            let raw = source.raw
            let sign = raw.balances ? "=" : "!="
            return "Source:   \(source.name): \(source.state)\n"
                + "          raw \(raw.read) \(sign) conditioned \(raw.conditioned)"
                + " + dropped \(raw.dropped) + captured \(raw.captured) + pending \(raw.pending)"
        }
    }

    private var libvirt: String {
        let libvirt = status.libvirt
        var text = "libvirt:  \(libvirt.state)"
        if let uri = libvirt.uri { text += " (\(uri))" }
        text += ", \(libvirt.running) of \(libvirt.domains) domains running"
        if let error = libvirt.lastError { text += "\n          \(error)" }
        return text
    }

    private var ownPool: [String] {
        status.ownPool.map { ["Own pool: level \($0.level ?? 0), \($0.note)"] } ?? []
    }

    private var counters: [String] {
        status.counters.isEmpty
            ? []
            : [
                "Counters: "
                    + status.counters.map {
                        "\($0.name) \($0.reason) \($0.count)"
                    }.joined(separator: ", ")
            ]
    }

    private var warnings: [String] { status.warnings.map { "Warning:  \($0)" } }
}
