// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshControl

extension HostChecks {
    private static let userGroup = "entmesh"

    // MARK: Sources

    static func hwrng(_ facts: HostFacts) -> Finding {
        let path = "/dev/hwrng"
        guard let device = facts.devices[path] else {
            return .ok("hwrng", "no \(path): this kernel has no hardware generator")
        }
        if facts.currentGenerator == "none" {
            return .ok("hwrng", "\(path) has no hardware behind it")
        }
        let driver = facts.currentGenerator.map { " (\($0))" } ?? ""
        guard device.isOpen(to: facts, for: 0o4) else {
            return .warn(
                "hwrng", "\(path)\(driver) may not be read by the daemon: \(device.words)",
                fix: "sudo chgrp \(userGroup) \(path); sudo chmod 0640 \(path) (the package's udev "
                    + "rule does it: sudo udevadm trigger --name-match=\(path))")
        }
        return .ok("hwrng", "\(path)\(driver) may be read by the daemon")
    }

    static func tpm(_ facts: HostFacts) -> Finding {
        let path = "/dev/tpmrm0"
        guard let device = facts.devices[path] else {
            return facts.devices["/dev/tpm0"] == nil
                ? .ok("tpm", "no TPM")
                : .warn("tpm", "/dev/tpm0 is no TPM 2.0, or its driver has no resource manager")
        }
        guard device.isOpen(to: facts, for: 0o6) else {
            return .warn(
                "tpm", "\(path) may not be used by the daemon: \(device.words)",
                fix: "sudo apt-get install tpm-udev; sudo usermod -aG tss \(userGroup); "
                    + "sudo systemctl restart entmesh-host")
        }
        return .ok("tpm", "\(path) may be used by the daemon")
    }

    static func processor(_ facts: HostFacts) -> Finding {
        .ok("processor", facts.hasRDSEED ? "has RDSEED" : "has no RDSEED")
    }

    /// Whether there is anything at all; what the daemon uses, if it answers.
    static func sources(_ facts: HostFacts) -> [Finding] {
        if let sources = facts.status?.sources {
            return sources.filter { !$0.isHealthy && $0.state != "starting" }.map {
                .warn("sources", "\($0.name): \($0.state)", fix: "see: entmesh sources")
            }
        }
        let hasGenerator =
            facts.devices["/dev/hwrng"] != nil && facts.currentGenerator != "none"
            || facts.devices["/dev/tpmrm0"] != nil || facts.hasRDSEED
        return hasGenerator
            ? []
            : [
                .fail(
                    "sources", "nothing on this machine gives entropy",
                    fix: "plug in a generator and name it under sources: in /etc/entmesh/host.yaml")
            ]
    }

    static func serialPorts(_ facts: HostFacts) -> [Finding] {
        guard !facts.serialPorts.isEmpty, facts.daemonGroups?.contains("dialout") == false,
            facts.daemon?.isRoot != true
        else {
            return []
        }
        return [
            .warn(
                "serial", "the daemon may not read \(facts.serialPorts.joined(separator: ", "))",
                fix: "if a generator is on it: sudo usermod -aG dialout \(userGroup); "
                    + "sudo systemctl restart entmesh-host")
        ]
    }

    static func feeders(_ facts: HostFacts) -> [Finding] {
        facts.feeders.map { name in
            .warn(
                "feeders", feederFault(name),
                fix: "sudo systemctl disable --now \(name); this host's own pool is fed by "
                    + "entmesh-guest and the kernel's driver")
        }
    }

    private static func feederFault(_ name: String) -> String {
        name == "rngd"
            ? "rngd reads the generators too, and takes from the daemon what it reads"
            : "\(name) runs, which a kernel since 5.6 has no use for"
    }

    // MARK: Guests' way in

    static func vhostVsock(_ facts: HostFacts) -> Finding {
        // The device is made at boot wherever the module is; opening it loads the module.
        guard facts.devices["/dev/vhost-vsock"] != nil else {
            return .fail(
                "vsock", "no /dev/vhost-vsock: no guest with a vsock device can start",
                fix: "sudo modprobe vhost_vsock; "
                    + "echo vhost_vsock | sudo tee /etc/modules-load.d/entmesh.conf")
        }
        let state = facts.isVhostVsockLoaded ? "loaded" : "loaded with the first guest"
        return .ok("vsock", "/dev/vhost-vsock is there; module vhost_vsock is \(state)")
    }

    static func appArmor(_ facts: HostFacts) -> Finding {
        .ok(
            "apparmor",
            facts.isAppArmorEnabled
                ? "is on, and needs no rule: libvirt itself opens the vsock device for QEMU"
                : "is off")
    }

    // MARK: What else can go wrong

    static func swap(_ facts: HostFacts) -> Finding {
        let bare = facts.swaps.filter { !$0.isHarmless }.map(\.path).joined(separator: ", ")
        guard !bare.isEmpty else { return .ok("swap", "none that is not encrypted") }
        switch facts.status?.tank.isLocked {
        case true?:
            return .ok("swap", "\(bare) is not encrypted; the tank is locked in memory")
        case false?:
            return .fail(
                "swap", "the tank is not locked in memory, and \(bare) is not encrypted",
                fix: "LimitMEMLOCK=infinity for entmesh-host, or sudo swapoff -a")
        case nil:
            return .warn("swap", "\(bare) is not encrypted, and whether the tank is locked unknown")
        }
    }

    static func clock(_ facts: HostFacts) -> Finding {
        switch facts.isClockSynchronised {
        case true?:
            .ok("clock", "is synchronised")
        case false?:
            .warn(
                "clock", "is not synchronised: certificates of other hosts are judged by it",
                fix: "sudo timedatectl set-ntp true")
        case nil:
            .warn(
                "clock", "the kernel does not say whether it is synchronised",
                fix: "see: timedatectl")
        }
    }
}

extension HostFacts.Device {
    /// Whether the daemon has all of `bits`: 4 to read, 2 to write.
    fileprivate func isOpen(to facts: HostFacts, for bits: UInt32) -> Bool {
        let isMember = facts.daemonGroups?.contains(group) ?? false
        return facts.daemon?.isRoot == true || mode & bits == bits
            || isMember && mode >> 3 & bits == bits
    }

    fileprivate var words: String { "group \(group), mode 0\(String(mode & 0o777, radix: 8))" }
}
