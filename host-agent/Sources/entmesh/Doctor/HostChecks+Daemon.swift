// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshControl
internal import EntmeshLibvirt

extension HostChecks {
    /// The files that a daemon opens beside one a guest: libvirt, its sockets, sources, links.
    private static let ownFiles: UInt64 = 64

    static func daemon(_ facts: HostFacts) -> [Finding] {
        switch facts.control {
        case .answered(let status, _):
            let up = Words.age(seconds: status.uptimeSeconds)
            return [.ok("daemon", "\(status.program) answers, up \(up)")]
                + [version(status)].compactMap(\.self)
                + status.warnings.map { .warn("daemon", $0, fix: "see: entmesh status") }
        case .failed(let reason) where facts.daemon != nil:
            return [.fail("daemon", "entmesh-host runs, and cannot be asked: \(reason)")]
        case .failed(let reason):
            return [
                .fail(
                    "daemon", "entmesh-host does not run: \(reason)",
                    fix: "sudo systemctl enable --now entmesh-host; why not: "
                        + "journalctl -u entmesh-host")
            ]
        }
    }

    private static func version(_ status: HostStatus) -> Finding? {
        let (theirs, ours) = (status.program, EntmeshCommand.version)
        guard theirs.split(separator: " ").last != ours.split(separator: " ").last else {
            return nil
        }
        return .warn(
            "daemon", "it is \(theirs), and this is \(ours)",
            fix: "sudo systemctl restart entmesh-host")
    }

    static func limits(_ facts: HostFacts) -> [Finding] {
        guard let daemon = facts.daemon else { return [] }
        return [lockedMemory(daemon, facts.status?.tank), openFiles(daemon, facts)]
    }

    private static func lockedMemory(_ daemon: HostFacts.Daemon, _ tank: TankStatus?) -> Finding {
        let fix = "sudo systemctl edit entmesh-host: [Service] LimitMEMLOCK=infinity; restart it"
        if let tank, !tank.isLocked {
            return .fail("limits", "the tank is not locked in memory: it may reach swap", fix: fix)
        }
        switch daemon.lockedMemoryLimit {
        case .unlimited:
            return .ok("limits", "memory may be locked without limit")
        case .most(let limit):
            // Only the tank and what goes through it are locked then, not all of the daemon.
            let size = Words.bytes(limit)
            return .warn("limits", "only \(size) of the daemon's memory may be locked", fix: fix)
        case .unknown:
            return unknown("how much of the daemon's memory may be locked")
        }
    }

    private static func unknown(_ limit: String) -> Finding {
        .warn("limits", "\(limit) cannot be read", fix: "try: sudo entmesh doctor")
    }

    private static func openFiles(_ daemon: HostFacts.Daemon, _ facts: HostFacts) -> Finding {
        let needed = UInt64(facts.domains.count) + ownFiles
        switch daemon.openFileLimit {
        case .unknown:
            return unknown("how many files the daemon may open")
        case .most(let limit) where limit < needed:
            return .fail(
                "limits",
                "only \(limit) files may be open, and \(facts.domains.count) guests need \(needed)",
                fix: "sudo systemctl edit entmesh-host: [Service] LimitNOFILE=65536; restart it")
        case .most, .unlimited:
            return .ok("limits", "files enough may be open for \(facts.domains.count) guests")
        }
    }

    static func group(_ facts: HostFacts) -> [Finding] {
        let name = ControlAPI.groupName
        guard facts.hasReadersGroup else {
            return [
                .fail(
                    "group", "there is no group \(name), whose members may read",
                    fix: "sudo groupadd --system \(name), and restart entmesh-host")
            ]
        }
        guard facts.caller.isRoot || facts.caller.groups.contains(name) else {
            return [
                .warn(
                    "group", "you are not in group \(name)",
                    fix: "sudo usermod -aG \(name) $USER, and log in again")
            ]
        }
        return [.ok("group", "you may read: \(facts.caller.isRoot ? "root" : "group \(name)")")]
    }

    static func libvirt(_ facts: HostFacts) -> Finding {
        switch facts.libvirt {
        case .failed(let reason, let cause):
            return .fail("libvirt", reason, fix: cause.fix)
        case .reached(let version, let domains):
            if let status = facts.status?.libvirt, status.state != "connected" {
                return .fail(
                    "libvirt",
                    "it answers here, but for the daemon it is \(status.state)"
                        + (status.lastError.map { ": \($0)" } ?? ""),
                    fix: "journalctl -u entmesh-host")
            }
            let running = domains.count(where: \.isActive)
            return .ok(
                "libvirt",
                "libvirt \(version) answers: \(running) of \(domains.count) guests run")
        }
    }
}

extension HostFacts.LibvirtFailure {
    fileprivate var fix: String {
        switch self {
        case .unreachable: "sudo systemctl enable --now libvirtd.socket"
        case .hung: "sudo systemctl restart libvirtd"
        case .notPermitted:
            "sudo entmesh doctor, or: sudo usermod -aG libvirt $USER, and log in again"
        case .unsuitable: "entmesh doctor -c qemu:///system"
        }
    }
}
