// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

public import EntmeshConfig
public import EntmeshConnection
internal import EntmeshLinux
public import EntmeshNode
internal import Glibc

/// Where the daemon listens for agents.
public enum Listen: Sendable, Equatable {
    /// AF_VSOCK, any CID, on this port.
    case vsock(port: UInt32)
    /// A UNIX socket: its path says who is at the other end.
    case unix(path: String, peer: UnixPeer)
}

extension Listen: CustomStringConvertible {
    public var description: String {
        switch self {
        case .vsock(let port): "AF_VSOCK port \(port)"
        case .unix(let path, _): path
        }
    }
}

/// Who dials a UNIX socket.
public enum UnixPeer: Sendable, Equatable {
    /// The agent of the host's own kernel pool: uid 0 only.
    case ownPool
    /// One guest, as a VMM that maps vsock to a socket presents it.
    case guest(name: String)
    /// Many guests, each named by the address its own end is bound to. For tests and benchmarks:
    /// anybody who can dial can claim any name.
    case namedByPeer
}

/// A guest that is known without libvirt.
public struct StaticGuest: Sendable, Equatable {
    public let name: String
    public let cid: UInt32

    public init(name: String, cid: UInt32) {
        self.name = name
        self.cid = cid
    }
}

/// Who guests are.
public enum GuestRoster: Sendable, Equatable {
    /// libvirt says, at this URI; nil is qemu:///system.
    case libvirt(uri: String?)
    /// A fixed list.
    case fixed([StaticGuest])
}

/// Everything a host agent is told at its start.
public struct HostConfiguration: Sendable {
    public var listeners: [Listen]
    public var roster: GuestRoster
    /// The size of M, in bytes.
    public var tankCapacity = 1 << 20
    /// Whether to go on when memory cannot be locked; shown as a warning then.
    public var allowsUnlockedMemory = false
    /// Where the control socket is; nil for none.
    public var controlSocketPath: String?
    /// Whose members may read the control socket.
    public var controlGroup: String?
    /// What guests are granted.
    public var guestRules = GuestRules()
    /// What is done with entropy that the host's own pool gives.
    public var ownPoolInbound = InboundTrust.refuse
    /// The other hosts.
    public var peers = PeersSettings()
    /// For tests: sees every block, and whom it goes to, right before it is encoded.
    public var observer: (@Sendable (String, borrowing Entropy) -> Void)?
    /// How long an operator who asked for a reseed waits for the receipt.
    public var reseedDeadline = TimeSpan.seconds(10)
    /// What the program already knows an administrator should look at, in words.
    public var warnings: [String] = []
    /// The generation file of an agent that feeds this host from above; nil to look at none.
    public var generationPath: String?
    /// Whether the kernel is listened to for word that this host is a copy.
    public var listensToKernel = false
    /// A socket that listens on AF_VSOCK already, which the service manager keeps while the daemon
    /// restarts; nil to make one.
    public var vsockDescriptor: CInt?
    /// Where the journal listens; nil to write no records.
    public var journalPath: String?
    /// Where the ledger of what each guest was given is kept; nil for nowhere.
    public var ledgerPath: String?
    /// Seconds since 1970, for the ledger alone.
    public var wallClock: @Sendable () -> Int64 = { Int64(time(nil)) }
    /// How long libvirt may take to answer, for one who waits at the door.
    var libvirtDeadline = Duration.seconds(2)
    /// CLOCK_MONOTONIC, for deadlines; tests bring their own.
    public var clock: @Sendable () -> Moment
    /// CLOCK_BOOTTIME, for ages; tests bring their own.
    public var bootClock: @Sendable () -> Moment = SystemClock.bootTime

    public init(
        listeners: [Listen], roster: GuestRoster, clock: @escaping @Sendable () -> Moment
    ) {
        self.listeners = listeners
        self.roster = roster
        self.clock = clock
    }
}
