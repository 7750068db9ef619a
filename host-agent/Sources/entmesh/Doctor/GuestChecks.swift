// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshControl
internal import EntmeshLibvirt

/// The looks of `entmesh doctor --guest` at one guest, as far as it is seen from its host.
enum GuestChecks {
    static func all(_ domain: Domain, _ row: GuestRow?) -> [Finding] {
        [state(domain), vsock(domain)] + agent(domain, row) + feeding(domain, row)
            + [rng(domain, row), generationID(domain)] + inside(domain, row)
    }

    static func state(_ domain: Domain) -> Finding {
        let id = domain.id.map { ", id \($0)" } ?? ""
        if let problem = domain.problem { return .warn("state", problem) }
        switch domain.state {
        case .running, .idle:
            return .ok("state", "\(domain.state.rawValue)\(id)")
        case .paused, .pmSuspended:
            return .warn(
                "state", "\(domain.state.rawValue)\(id): its agent cannot answer",
                fix: "virsh resume \(domain.argument)")
        case .saved, .shutOff, .inShutdown, .crashed, .unknown:
            return .warn(
                "state", "\(domain.state.rawValue): nothing is fed",
                fix: "virsh start \(domain.argument)")
        }
    }

    static func vsock(_ domain: Domain) -> Finding {
        let attach = "sudo entmesh attach \(domain.argument)"
        guard domain.hasVsock else {
            return .fail("vsock", "no vsock device: its agent has no way out", fix: attach)
        }
        guard domain.isActive else { return .ok("vsock", "has a vsock device") }
        guard let contextID = domain.guestCID else {
            return .fail(
                "vsock", "a vsock device is in its definition, not in the running guest",
                fix: attach)
        }
        return .ok("vsock", "has a vsock device, context ID \(contextID)")
    }

    static func agent(_ domain: Domain, _ row: GuestRow?) -> [Finding] {
        guard let row else {
            return [.fail("agent", "the daemon knows nothing of it", fix: "entmesh doctor")]
        }
        if row.note == GuestRow.switchedOffNote {
            return [
                .fail(
                    "agent", "the configuration switches this guest off",
                    fix: "take it out of off: in /etc/entmesh/host.yaml; "
                        + "sudo systemctl reload entmesh-host")
            ]
        }
        guard domain.isActive else { return [] }
        if row.isConnected {
            let words = [row.agentVersion.map { "agent \($0)" }, row.kernel.map { "on \($0)" }]
                .compactMap(\.self).joined(separator: " ")
            return [.ok("agent", "connected" + (words.isEmpty ? "" : ": \(words)"))]
        }
        let never = row.mode == .none
        return [
            .fail(
                "agent", never ? "never connected" : row.note,
                fix: never
                    ? "in the guest: sudo apt-get install entmesh-guest (images: entmesh bake)"
                    : "in the guest: sudo systemctl restart entmesh-guest")
        ]
    }

    static func feeding(_ domain: Domain, _ row: GuestRow?) -> [Finding] {
        guard let row, row.isConnected else { return [] }
        let level = row.level.map { "level \($0), " } ?? ""
        let age = row.ageSeconds.map { ", \(Words.age(seconds: $0)) ago" } ?? ""
        let outcome = row.lastOutcome.map { "last block: \($0)\(age)" } ?? "no block so far"
        let text = "\(level)\(outcome)"
        switch row.seeding {
        case .seeded: return [.ok("feeding", text)]
        case .unknown where row.lastOutcome == "mixed":
            return [.ok("feeding", "\(text) (its agent only mixes)")]
        case .failed:
            return [
                .fail(
                    "feeding", "\(row.note); \(text)",
                    fix: "in the guest: journalctl -u entmesh-guest (it takes CAP_SYS_ADMIN)")
            ]
        case .notReady:
            return [
                .fail("feeding", "its generator is not ready; \(text)", fix: "see: entmesh status")
            ]
        case .stale, .unknown:
            return [
                .warn(
                    "feeding", "\(row.note); \(text)",
                    fix: "sudo entmesh reseed \(domain.argument)")
            ]
        }
    }

    static func rng(_ domain: Domain, _ row: GuestRow?) -> Finding {
        let used = row?.hardwareGenerator.flatMap { $0.isEmpty ? nil : $0 }
        let words = used.map { "; its kernel uses \($0)" } ?? ""
        guard domain.hasRNG else {
            return .ok("rng", "no virtio-rng, and with an agent it needs none\(words)")
        }
        return .ok("rng", "virtio-rng may stay: its kernel reads it beside the agent\(words)")
    }

    static func generationID(_ domain: Domain) -> Finding {
        domain.hasGenID
            ? .ok("genid", "has a generation ID")
            : .warn(
                "genid", "no generation ID: its kernel cannot see a restore by itself",
                fix: "virsh edit \(domain.argument), add <genid/> below <uuid>, shut it down and "
                    + "start it")
    }

    // Whatever else it is, only the guest can say it.
    private static func inside(_ domain: Domain, _ row: GuestRow?) -> [Finding] {
        guard domain.isActive, row?.seeding != .seeded else { return [] }
        return [
            .warn("inside", "what the guest says of itself", fix: "in it: entmesh-guest-doctor")
        ]
    }
}
