// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// The state of one host agent, as `entmesh status` shows it.
public struct HostStatus: Codable, Sendable, Equatable {
    public var version = ControlAPI.version
    public var program: String
    /// Seconds since the daemon started.
    public var uptimeSeconds: Int
    public var tank: TankStatus
    public var sources: [SourceRow]
    public var libvirt: LibvirtStatus
    /// The host's own kernel pool; absent until its agent has connected.
    public var ownPool: GuestRow?
    public var guestsConnected: Int
    /// Events by name and reason: refused and closed connections, bad input.
    public var counters: [CounterRow]
    /// What an administrator should look at, in words.
    public var warnings: [String]

    public init(
        program: String, uptimeSeconds: Int, tank: TankStatus, sources: [SourceRow],
        libvirt: LibvirtStatus, ownPool: GuestRow?, guestsConnected: Int, counters: [CounterRow],
        warnings: [String]
    ) {
        self.program = program
        self.uptimeSeconds = uptimeSeconds
        self.tank = tank
        self.sources = sources
        self.libvirt = libvirt
        self.ownPool = ownPool
        self.guestsConnected = guestsConnected
        self.counters = counters
        self.warnings = warnings
    }
}

/// The central tank and its ledger, in bytes.
public struct TankStatus: Codable, Sendable, Equatable {
    public var capacity: Int
    public var level: Int
    public var received: UInt64
    public var resident: Int
    public var inFlight: UInt64
    public var delivered: UInt64
    public var discarded: UInt64
    /// Whether received = resident + in flight + delivered + discarded.
    public var balances: Bool
    /// Whether the memory is locked.
    public var isLocked: Bool
    /// What comes in and goes out, in bytes a second over the last minutes.
    public var inBytesPerSecond = 0.0
    public var outBytesPerSecond = 0.0
    /// How long what is in it lasts if nothing comes in any more; absent while nothing goes out.
    public var runwaySeconds: Int?

    public init(
        capacity: Int, level: Int, received: UInt64, resident: Int, inFlight: UInt64,
        delivered: UInt64, discarded: UInt64, balances: Bool, isLocked: Bool
    ) {
        self.capacity = capacity
        self.level = level
        self.received = received
        self.resident = resident
        self.inFlight = inFlight
        self.delivered = delivered
        self.discarded = discarded
        self.balances = balances
        self.isLocked = isLocked
    }
}

/// The daemon's view of libvirt.
public struct LibvirtStatus: Codable, Sendable, Equatable {
    /// off, connecting, connected or lost.
    public var state: String
    public var uri: String?
    public var lastError: String?
    public var domains: Int
    public var running: Int

    public init(state: String, uri: String?, lastError: String?, domains: Int, running: Int) {
        self.state = state
        self.uri = uri
        self.lastError = lastError
        self.domains = domains
        self.running = running
    }
}

/// One counter.
public struct CounterRow: Codable, Sendable, Equatable {
    public var name: String
    public var reason: String
    public var count: UInt64

    public init(name: String, reason: String, count: UInt64) {
        self.name = name
        self.reason = reason
        self.count = count
    }
}
