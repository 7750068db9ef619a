// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshControl
internal import EntmeshLibvirt

/// What is to know of this machine before anything is judged: a value, so that tests can make bad
/// machines.
struct HostFacts: Sendable {
    /// A device file.
    struct Device: Sendable {
        /// The group's name, or its number where it has none.
        var group: String
        /// The permission bits.
        var mode: UInt32
    }

    /// A limit of a process (getrlimit(2)).
    enum Limit: Sendable, Equatable {
        /// It could not be read.
        case unknown
        case unlimited
        case most(UInt64)
    }

    /// A running process of the daemon.
    struct Daemon: Sendable {
        /// RLIMIT_MEMLOCK, in bytes.
        var lockedMemoryLimit = Limit.unknown
        /// RLIMIT_NOFILE.
        var openFileLimit = Limit.unknown
        var isRoot = false
        /// By name, or by number where they have none.
        var groups: Set<String> = []
    }

    /// A swap device or file.
    struct Swap: Sendable, Equatable {
        var path: String
        /// On an encrypted device, or in compressed memory.
        var isHarmless: Bool
    }

    /// What libvirt says.
    enum Libvirt: Sendable {
        case reached(version: String, domains: [Domain])
        case failed(reason: String, cause: LibvirtFailure = .unreachable)
    }

    /// What kept libvirt from being asked.
    enum LibvirtFailure: Sendable {
        /// Nothing answers where it should be.
        case unreachable
        /// It took the connection, and gave no answer.
        case hung
        /// This user may not ask it.
        case notPermitted
        /// The URI names one that cannot serve.
        case unsuitable
    }

    /// What the daemon says.
    enum Control: Sendable {
        case answered(HostStatus, GuestList)
        case failed(reason: String)
    }

    /// Who asks.
    struct Caller: Sendable {
        var isRoot: Bool
        var groups: Set<String>
    }

    /// By path, of those that matter; one that is missing is not there.
    var devices: [String: Device] = [:]
    /// What `/dev/hwrng` is driven by; nil where nothing says.
    var currentGenerator: String?
    var hasRDSEED = false
    /// Groups of the user that the package makes for the daemon; nil if there is no such user.
    var userGroups: Set<String>?
    /// Whether the group of those who may read exists.
    var hasReadersGroup = false
    var caller = Caller(isRoot: false, groups: [])
    var isVhostVsockLoaded = false
    /// Serial ports that a generator may be on.
    var serialPorts: [String] = []
    var daemon: Daemon?
    var swaps: [Swap] = []
    var isAppArmorEnabled = false
    /// nil if the kernel does not say.
    var isClockSynchronised: Bool?
    /// Programs that feed the kernel's pool, of those that run.
    var feeders: [String] = []
    var libvirt = Libvirt.failed(reason: "not asked")
    var control = Control.failed(reason: "not asked")

    /// The groups that the daemon has; that it would have, if it does not run.
    var daemonGroups: Set<String>? { daemon?.groups ?? userGroups }

    /// What the daemon said of itself, if it said anything.
    var status: HostStatus? {
        if case .answered(let status, _) = control { status } else { nil }
    }

    /// What the daemon said of its guests.
    var guests: [GuestRow] {
        if case .answered(_, let list) = control { list.guests } else { [] }
    }

    /// The domains that libvirt has.
    var domains: [Domain] {
        if case .reached(_, let domains) = libvirt { domains } else { [] }
    }
}
