// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// All guests, as `entmesh list` shows them.
public struct GuestList: Codable, Sendable, Equatable {
    public var version = ControlAPI.version
    public var guests: [GuestRow]

    public init(guests: [GuestRow]) {
        self.guests = guests
    }
}

/// One guest: what libvirt says of it, and what its agent has acknowledged.
public struct GuestRow: Codable, Sendable, Equatable {
    /// How entropy gets into the guest.
    public enum Mode: String, Codable, Sendable {
        /// An agent is connected, or was.
        case agent
        /// Nothing of ours.
        case none
    }

    /// Whether the guest's generator is seeded, as far as anybody outside can know.
    public enum Seeding: String, Codable, Sendable {
        /// Its agent acknowledged an injection on the live connection.
        case seeded
        /// Its agent says that getrandom would block.
        case notReady = "not-ready"
        /// Something happened to its memory and no block was acknowledged since.
        case stale
        /// Its kernel refused the last block.
        case failed
        /// Nothing is known.
        case unknown
    }

    /// The note of a guest that the configuration switches off.
    public static let switchedOffNote = "switched off by config"

    /// libvirt's live id; absent while the guest does not run.
    public var id: Int?
    public var name: String
    public var uuid: String
    /// virsh's word: running, paused, saved, shut off...
    public var state: String
    public var isActive: Bool
    public var mode: Mode
    public var seeding: Seeding
    /// The host's estimate of the fill level, 0...100; absent while no agent is connected.
    public var level: Int?
    /// Seconds since the last acknowledged injection.
    public var ageSeconds: Int?
    /// Bytes and blocks acknowledged since the daemon started.
    public var servedBytes: UInt64
    public var servedBlocks: UInt64
    /// Bytes sent and lost.
    public var discardedBytes: UInt64
    /// How the last injection ended: seeded, reseeded, deferred, mixed, failed...
    public var lastOutcome: String?
    /// What an administrator should know, in words; with what to type next.
    public var note: String
    public var isConnected: Bool
    /// How it is connected: vsock, unix (nothing says that its agent has privilege), own-pool;
    /// absent while it is not.
    public var transport: String?
    public var cid: UInt32?
    /// What the agent says of its kernel.
    public var agentVersion: String?
    public var kernel: String?
    public var poolBits: Int?
    public var hardwareGenerator: String?

    public init(
        id: Int?, name: String, uuid: String, state: String, isActive: Bool, mode: Mode,
        seeding: Seeding, servedBytes: UInt64, servedBlocks: UInt64, discardedBytes: UInt64,
        note: String, isConnected: Bool
    ) {
        self.id = id
        self.name = name
        self.uuid = uuid
        self.state = state
        self.isActive = isActive
        self.mode = mode
        self.seeding = seeding
        self.servedBytes = servedBytes
        self.servedBlocks = servedBlocks
        self.discardedBytes = discardedBytes
        self.note = note
        self.isConnected = isConnected
    }
}
