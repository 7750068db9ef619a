// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

public import EntmeshConnection
public import EntmeshSources

/// Everything that `/etc/entmesh/host.yaml` can say, with the defaults of what it does not.
public struct HostSettings: Equatable, Sendable {
    /// Where the file is unless the command line says otherwise.
    public static let defaultPath = "/etc/entmesh/host.yaml"

    public var tank = TankSettings()
    public var sources = SourcesSettings()
    public var guests = GuestRules()
    public var listen = ListenSettings()
    public var control = ControlSettings()
    public var libvirt = LibvirtSettings()
    /// What is done with entropy that the host's own pool gives.
    public var ownPoolTrust = InboundTrust.refuse
    public var peers = PeersSettings()
    public var logLevel = LogLevel.info

    /// All defaults: as good as an empty file.
    public init() {}
}

/// The central tank.
public struct TankSettings: Equatable, Sendable {
    /// Sizes a tank may have, in bytes.
    public static let allowedByteCount = 4096...(1 << 30)

    /// Its size, in bytes.
    public var byteCount = 1 << 20
    /// Whether to go on with memory that may reach swap.
    public var allowsUnlockedMemory = false
}

/// Where entropy comes from.
public struct SourcesSettings: Equatable, Sendable {
    /// The sources to use; nil for whatever is found.
    public var named: [SourceSettings]?
    /// Whether the daemon ends when no source is left that could give.
    public var isRequired = false

    public init() {}
}

/// Where the daemon listens.
public struct ListenSettings: Equatable, Sendable {
    /// A UNIX socket that is one guest's.
    public struct GuestSocket: Equatable, Sendable {
        public var name: String
        public var path: String

        public init(name: String, path: String) {
            self.name = name
            self.path = path
        }
    }

    /// Whether on AF_VSOCK.
    public var vsock = true
    /// Where the agent of the host's own pool dials in; nil for nowhere.
    public var ownPool: String?
    public var guestSockets: [GuestSocket] = []
}

/// The control socket.
public struct ControlSettings: Equatable, Sendable {
    public var path = "/run/entmesh/control.sock"
    /// Whose members may read.
    public var group = "entmesh"
}

/// Who says which guests there are.
public struct LibvirtSettings: Equatable, Sendable {
    /// A guest that is known without libvirt.
    public struct Guest: Equatable, Sendable {
        public var name: String
        public var cid: UInt32

        public init(name: String, cid: UInt32) {
            self.name = name
            self.cid = cid
        }
    }

    /// Whether libvirt is asked at all.
    public var isEnabled = true
    /// Which one; nil for qemu:///system.
    public var uri: String?
    /// The guests, where libvirt is not asked.
    public var guests: [Guest] = []
}

/// How much is logged.
public enum LogLevel: String, CaseIterable, Sendable {
    case debug, info, notice, warning, error
}
