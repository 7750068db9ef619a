// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// The tank's peers beside the guests, as `entmesh peers` shows them.
public struct PeerList: Codable, Sendable, Equatable {
    public var version = ControlAPI.version
    /// The name in this host's own certificate; absent if it has no links to other hosts.
    public var ownName: String?
    public var peers: [PeerRow]

    public init(ownName: String?, peers: [PeerRow]) {
        self.ownName = ownName
        self.peers = peers
    }
}

/// One other host, or the host's own pool.
public struct PeerRow: Codable, Sendable, Equatable {
    public enum Kind: String, Codable, Sendable {
        case host
        /// The host's own kernel pool.
        case ownPool = "own-pool"
    }

    public enum State: String, Codable, Sendable {
        case connected
        /// A connection is being made.
        case connecting
        /// For the next attempt, or for the other end to dial.
        case waiting
        /// Links to other hosts are not open: this host is not ready for them.
        case off
        /// What it gives is faulty; nothing is taken from it until an operator says so.
        case failed
    }

    public var name: String
    public var kind: Kind
    public var state: State
    /// Where it is dialled; absent if it dials.
    public var address: String?
    /// Whether it is given entropy.
    public var sends: Bool
    /// What is done with what it gives: refuse, mix or credit.
    public var receives: String
    /// The level it announced last, in percent.
    public var theirLevel: Int?
    /// The level that it was told last, in percent.
    public var ourLevel: Int?
    /// What it was given and has acknowledged, in bytes.
    public var sentBytes: UInt64
    /// What it gave, in bytes.
    public var receivedBytes: UInt64
    /// Whether what it gave was found faulty.
    public var isFaulty = false
    /// us or them; absent without a connection.
    public var dialledBy: String?
    /// Why the last attempt or connection failed; absent while one is good.
    public var lastError: String?
    /// The one key exchange that is configured; absent where there is no TLS.
    public var keyExchange: String?
    /// How long the connection has been good, in seconds.
    public var sinceSeconds: Int?

    public init(
        name: String, kind: Kind, state: State, sends: Bool, receives: String, sentBytes: UInt64,
        receivedBytes: UInt64
    ) {
        self.name = name
        self.kind = kind
        self.state = state
        self.sends = sends
        self.receives = receives
        self.sentBytes = sentBytes
        self.receivedBytes = receivedBytes
    }
}

/// Names a peer: `{"peer":"host2.example"}`.
public struct PeerRequest: Codable, Sendable, Equatable {
    public var peer: String

    public init(peer: String) {
        self.peer = peer
    }
}

/// What came of a reset.
public struct PeerResetReply: Codable, Sendable, Equatable {
    public var version = ControlAPI.version
    public var peer: String
    /// Whether what it gave had been found faulty; one that was good is left as it is.
    public var hadFailed: Bool

    public init(peer: String, hadFailed: Bool) {
        self.peer = peer
        self.hadFailed = hadFailed
    }
}
