// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// What each guest was given, over all restarts of the daemon: its file, and `entmesh ledger`.
///
/// Counts and times; nothing in it is secret.
public struct GuestLedger: Codable, Sendable, Equatable {
    public var version = ControlAPI.version
    /// One for each guest that was ever served or reseeded, by name and then by UUID.
    public var entries: [LedgerEntry]

    public init(entries: [LedgerEntry]) {
        self.entries = entries
    }
}

/// What one guest was given.
public struct LedgerEntry: Codable, Sendable, Equatable {
    /// A receipt for the first block after the guest's memory may have run before.
    public struct Reseed: Codable, Sendable, Equatable {
        /// Seconds since 1970.
        public var time: Int64
        /// Why it was due: restored, reverted, reset...
        public var cause: String
        /// What the receipt says: reseeded, deferred, mixed...
        public var outcome: String

        public init(time: Int64, cause: String, outcome: String) {
            self.time = time
            self.cause = cause
            self.outcome = outcome
        }
    }

    public var uuid: String
    /// What it was called last.
    public var name: String
    /// Acknowledged, in bytes and blocks.
    public var servedBytes: UInt64 = 0
    public var servedBlocks: UInt64 = 0
    /// Sent and lost, in bytes.
    public var discardedBytes: UInt64 = 0
    /// How often it was reseeded after something happened to its memory.
    public var reseeds: UInt64 = 0
    /// When a block was last acknowledged, in seconds since 1970.
    public var lastServed: Int64?
    public var lastReseed: Reseed?

    public init(uuid: String, name: String) {
        self.uuid = uuid
        self.name = name
    }

    /// Whether there is anything to remember.
    public var isBlank: Bool { servedBlocks == 0 && discardedBytes == 0 && reseeds == 0 }

    /// Adds what happened after it.
    public mutating func add(_ newer: LedgerEntry) {
        name = newer.name
        servedBytes &+= newer.servedBytes
        servedBlocks &+= newer.servedBlocks
        discardedBytes &+= newer.discardedBytes
        reseeds &+= newer.reseeds
        lastServed = newer.lastServed ?? lastServed
        lastReseed = newer.lastReseed ?? lastReseed
    }
}
