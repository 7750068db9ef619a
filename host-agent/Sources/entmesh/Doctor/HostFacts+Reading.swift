// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CEntmeshCommand
internal import EntmeshControl
internal import EntmeshLibvirt
internal import Foundation
internal import Glibc

/// Where facts come from: files below a root, so that tests can make one, and two sockets.
extension HostFacts {
    private static let devicePaths = ["/dev/hwrng", "/dev/tpmrm0", "/dev/tpm0", "/dev/vhost-vsock"]
    /// As /proc/PID/comm has them, 15 characters at most.
    private static let feederNames = ["rngd", "haveged", "jitterentropy-r"]
    private static let daemonName = "entmesh-host"
    private static let daemonUser = "entmesh"

    /// Asks this machine, its daemon and its libvirt.
    static func read(client: ControlClient, uri: String?) async throws -> HostFacts {
        var facts = HostFacts()
        facts.read(files: FileTree(root: ""))
        facts.readAccounts()
        let clock = entmesh_is_clock_synchronised()
        facts.isClockSynchronised = clock < 0 ? nil : clock == 1
        async let control = control(client)
        async let libvirt = libvirt(uri)
        (facts.control, facts.libvirt) = await (control, libvirt)
        return facts
    }

    /// What stands in files.
    mutating func read(files: FileTree) {
        for path in Self.devicePaths { devices[path] = files.device(path) }
        currentGenerator = files.line("/sys/class/misc/hw_random/rng_current")
        hasRDSEED = files.text("/proc/cpuinfo")?.contains(" rdseed ") ?? false
        isVhostVsockLoaded = files.exists("/sys/module/vhost_vsock")
        isAppArmorEnabled = files.line("/sys/module/apparmor/parameters/enabled") == "Y"
        serialPorts = files.names("/dev").filter {
            $0.hasPrefix("ttyACM") || $0.hasPrefix("ttyUSB")
        }.sorted().map { "/dev/\($0)" }
        swaps = Self.swaps(files)
        let processes = files.processes
        feeders = Self.feederNames.filter { processes[$0] != nil }.map {
            $0.hasPrefix("jitter") ? "jitterentropy-rngd" : $0
        }
        daemon = processes[Self.daemonName].map { id in
            Daemon(
                limits: files.text("/proc/\(id)/limits") ?? "",
                status: files.text("/proc/\(id)/status") ?? "")
        }
    }

    private mutating func readAccounts() {
        hasReadersGroup = getgrnam(ControlAPI.groupName) != nil
        userGroups = Accounts.groups(of: Self.daemonUser)
        caller = Caller(isRoot: geteuid() == 0, groups: Accounts.ownGroups)
    }

    // proc(5): a line each, whose first two words are the path and "partition" or "file".
    private static func swaps(_ files: FileTree) -> [Swap] {
        (files.text("/proc/swaps") ?? "").split(separator: "\n").dropFirst().compactMap { line in
            let words = line.split(separator: " ", omittingEmptySubsequences: true)
            guard words.count > 1 else { return nil }
            let path = String(words[0])
            return Swap(path: path, isHarmless: isHarmless(path, files))
        }
    }

    // dm-crypt's targets have a UUID that says so; compressed memory never leaves the machine.
    private static func isHarmless(_ path: String, _ files: FileTree) -> Bool {
        let name = files.resolved(path).split(separator: "/").last.map(String.init) ?? ""
        if name.hasPrefix("zram") { return true }
        return files.line("/sys/class/block/\(name)/dm/uuid")?.hasPrefix("CRYPT-") ?? false
    }

    private static func control(_ client: ControlClient) async -> Control {
        do {
            return .answered(
                try await client.get(ControlAPI.statusPath),
                try await client.get(ControlAPI.guestsPath))
        } catch {
            return .failed(reason: "\(error)")
        }
    }

    private static func libvirt(_ uri: String?) async -> Libvirt {
        do {
            let (version, domains) = try await LibvirtLook.once(uri: uri)
            return .reached(version: version, domains: domains)
        } catch {
            return .failed(reason: "\(error)", cause: LibvirtFailure(error))
        }
    }
}

extension HostFacts.LibvirtFailure {
    init(_ error: any Error) {
        self =
            switch error as? HypervisorError {
            case .notPermitted: .notPermitted
            case .unsuitableURI: .unsuitable
            case .timedOut, .tooManyRequests, .tooManyEvents: .hung
            case .libvirt, .connectionClosed, .notConnected, .noThread, .alreadyRunning, .cancelled,
                nil:
                .unreachable
            }
    }
}

extension HostFacts.Daemon {
    /// From /proc/PID/limits (a name in 26 columns, then the soft and the hard limit) and from
    /// /proc/PID/status (a name, a colon, and numbers).
    init(limits: String, status: String) {
        func soft(_ name: String) -> HostFacts.Limit {
            let line = limits.split(separator: "\n").first { $0.hasPrefix(name) }
            let word = line?.dropFirst(name.count).split(separator: " ").first
            guard word != "unlimited" else { return .unlimited }
            return word.flatMap { UInt64($0) }.map { .most($0) } ?? .unknown
        }
        func numbers(_ name: String) -> [UInt32] {
            let line = status.split(separator: "\n").first { $0.hasPrefix("\(name):") }
            let words = line?.split { $0 == "\t" || $0 == " " }.dropFirst() ?? []
            return words.compactMap { UInt32($0) }
        }
        lockedMemoryLimit = soft("Max locked memory")
        openFileLimit = soft("Max open files")
        // Real, effective, saved and of the file system: the second one counts.
        isRoot = numbers("Uid").dropFirst().first == 0
        let ids = numbers("Gid").dropFirst().prefix(1) + numbers("Groups")
        groups = Set(ids.map { Accounts.name(ofGroup: $0) ?? "\($0)" })
    }
}
