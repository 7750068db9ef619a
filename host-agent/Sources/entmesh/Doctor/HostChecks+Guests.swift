// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshControl
internal import EntmeshLibvirt

extension HostChecks {
    /// How many guests are told by name in a line.
    private static let mostNamed = 5

    /// Each fault once, with the guests that have it.
    static func guests(_ facts: HostFacts) -> [Finding] {
        guard case .reached = facts.libvirt else { return [] }
        let running = facts.domains.filter(\.isActive).sorted { $0.name < $1.name }
        guard !running.isEmpty else { return [.ok("guests", "none runs")] }
        let found = devices(running) + agents(running, facts)
        guard found.isEmpty else { return found }
        let unknown = facts.status == nil ? " that libvirt knows of" : ""
        return [.ok("guests", "\(running.count) run, and lack nothing\(unknown)")]
    }

    private static func devices(_ running: [Domain]) -> [Finding] {
        [
            finding(
                running.filter { !$0.hasVsock }, "no vsock device",
                fix: { "sudo entmesh attach \($0)" }),
            finding(
                running.filter { !$0.hasGenID },
                "no generation ID, by which a guest's kernel itself sees a restore",
                fix: { "virsh edit \($0), add <genid/> below <uuid>, shut it down and start it" }),
        ].compactMap(\.self)
    }

    // Only the daemon knows of agents: nothing is said of them unless it answered.
    private static func agents(_ running: [Domain], _ facts: HostFacts) -> [Finding] {
        guard case .answered(_, let list) = facts.control else { return [] }
        let rows = Dictionary(
            list.guests.map { ($0.uuid, $0) }, uniquingKeysWith: { first, _ in first })
        let isFed = { (domain: Domain) in rows["\(domain.uuid)"]?.isConnected == true }
        let silent = running.filter { domain in
            domain.hasVsock && rows["\(domain.uuid)"].map(neverConnected) == true
        }
        return [
            finding(
                silent, "an agent that never connected",
                fix: { "install entmesh-guest in it; then: entmesh doctor --guest \($0)" }),
            finding(
                running.filter { !$0.hasRNG && !isFed($0) }, "neither virtio-rng nor an agent",
                fix: { "install entmesh-guest in it; then: entmesh doctor --guest \($0)" }),
        ].compactMap(\.self)
    }

    private static func neverConnected(_ row: GuestRow) -> Bool {
        row.mode == .none && row.note != GuestRow.switchedOffNote
    }

    private static func finding(
        _ domains: [Domain], _ lack: String, fix: (String) -> String
    ) -> Finding? {
        guard let first = domains.first else { return nil }
        let others = domains.count - mostNamed
        let names = domains.prefix(mostNamed).map(\.name).joined(separator: ", ")
        let more = others > 0 ? " and \(others) more" : ""
        let verb = domains.count == 1 ? "has" : "have"
        return .warn("guests", "\(names)\(more) \(verb) \(lack)", fix: fix(first.argument))
    }
}
