// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshControl

/// How a monitoring plug-in judges (monitoring-plugins.org, "Plugin Return Codes").
enum Severity: Int32, Comparable {
    case ok = 0
    case warning = 1
    case critical = 2
    case unknown = 3

    var word: String {
        switch self {
        case .ok: "OK"
        case .warning: "WARNING"
        case .critical: "CRITICAL"
        case .unknown: "UNKNOWN"
        }
    }

    static func < (left: Severity, right: Severity) -> Bool { left.rawValue < right.rawValue }
}

/// The judgement of `entmesh check`: one line, with performance data behind a bar.
struct CheckResult {
    /// When a tank is too empty, in percent.
    struct Thresholds {
        var warning: Int
        var critical: Int
        /// Whether a guest that never had an agent is a fault.
        var requiresAgents = false
    }

    /// How many problems are told by name: a line fits a pager.
    private static let mostTold = 5

    let severity: Severity
    let line: String

    /// No judgement, or one without data, for this reason.
    init(_ severity: Severity, _ reason: String) {
        self.severity = severity
        line = "ENTMESH \(severity.word) - \(Self.plain(reason))"
    }

    /// Judges what the daemon says.
    init(
        status: HostStatus, guests: GuestList, peers: PeerList, thresholds: Thresholds
    ) {
        let running = guests.guests.filter(\.isRunning)
        let fed = running.count(where: \.isFed)
        let problems =
            (Self.tankProblems(status.tank, thresholds) + Self.sourceProblems(status, peers)
            + running.compactMap { $0.problem(thresholds) } + Self.daemonProblems(status))
            .sorted { $0.severity > $1.severity }
        severity = problems.first?.severity ?? .ok
        let healthy = status.sources.count(where: \.isHealthy)
        var words = problems.prefix(Self.mostTold).map(\.words)
        if problems.count > words.count { words.append("and \(problems.count - words.count) more") }
        let summary =
            "\(fed) of \(running.count) guests fed, tank \(status.tank.level) %, "
            + "\(healthy) of \(status.sources.count) sources ok"
        let data = [
            "guests=\(running.count)", "fed=\(fed);;;0;\(running.count)",
            "level=\(status.tank.level)%;\(thresholds.warning):;\(thresholds.critical):;0;100",
            "sources=\(healthy);;;0;\(status.sources.count)",
            "delivered=\(status.tank.delivered)c", "discarded=\(status.tank.discarded)c",
        ]
        let text = Self.plain((words + [summary]).joined(separator: "; "))
        line = "ENTMESH \(severity.word) - \(text) | \(data.joined(separator: " "))"
    }

    fileprivate struct Problem {
        let severity: Severity
        let words: String
    }

    private static func tankProblems(
        _ tank: TankStatus, _ thresholds: Thresholds
    ) -> [Problem] {
        var problems: [Problem] = []
        if tank.level < thresholds.critical {
            let words = "tank below \(thresholds.critical) %"
            problems.append(.init(severity: .critical, words: words))
        } else if tank.level < thresholds.warning {
            problems.append(.init(severity: .warning, words: "tank below \(thresholds.warning) %"))
        }
        if !tank.balances {
            problems.append(.init(severity: .critical, words: "the ledger does not balance"))
        }
        return problems
    }

    private static func sourceProblems(_ status: HostStatus, _ peers: PeerList) -> [Problem] {
        let isFedByHosts = peers.peers.contains {
            $0.kind == .host && $0.state == .connected && $0.receives == "credit"
        }
        // One that starts has a second or two to go.
        let ill = status.sources.filter { !$0.isHealthy && $0.state != "starting" }
        var problems = ill.map { Problem(severity: .warning, words: "\($0.name): \($0.state)") }
        if !isFedByHosts, ill.count == status.sources.count {
            problems.append(.init(severity: .critical, words: "no source gives entropy"))
        }
        return problems
    }

    private static func daemonProblems(_ status: HostStatus) -> [Problem] {
        let libvirt: [Problem] =
            status.libvirt.state == "lost"
            ? [.init(severity: .warning, words: "libvirt lost: \(status.libvirt.lastError ?? "")")]
            : []
        return libvirt + status.warnings.map { .init(severity: .warning, words: $0) }
    }

    // A bar begins the performance data, wherever it stands.
    private static func plain(_ text: String) -> String {
        text.escapedForDisplay.replacing("|", with: "\\u{7c}")
    }
}

extension GuestRow {
    fileprivate var isRunning: Bool { state == "running" || state == "idle" }

    // One that only mixes is never known to be seeded, and gets all that it asks for.
    fileprivate var isFed: Bool {
        seeding == .seeded || isConnected && lastOutcome == "mixed"
    }

    fileprivate func problem(_ thresholds: CheckResult.Thresholds) -> CheckResult.Problem? {
        guard !isFed, note != Self.switchedOffNote else { return nil }
        let words = "\(name): \(note.isEmpty ? "not fed" : note)"
        switch (mode, seeding) {
        case (_, .failed), (_, .notReady):
            return .init(severity: .critical, words: words)
        case (.agent, _):
            return .init(severity: .warning, words: words)
        case (.none, _):
            return thresholds.requiresAgents ? .init(severity: .warning, words: words) : nil
        }
    }
}
