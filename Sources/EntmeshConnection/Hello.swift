// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// The first message of both ends: who I am and what I will do.
public struct Hello: Equatable, Sendable {
    /// Why this connection was made.
    public enum Occasion: UInt8, Sendable {
        /// The program has just started.
        case start = 0
        /// The connection before it ended because the other end went away.
        case peerEnded = 1
        /// The transport under the connection before it was reset: this memory may be a clone.
        case transportReset = 2
    }

    /// The protocol versions understood.
    public var lowestVersion = Wire.lowestVersion
    public var highestVersion = Wire.highestVersion
    public var kind: NodeKind
    /// In bytes; of a pool it only sizes blocks.
    public var capacity: UInt32
    /// Whether it will send entropy.
    public var sends: Bool
    /// What it will do with entropy sent to it.
    public var accepts: InboundTrust
    /// Of a pool: whether getrandom(2) would not block.
    public var isReady: Bool
    public var occasion: Occasion
    /// The program's version, for people.
    public var agentVersion: PrintableText

    public init(
        kind: NodeKind, capacity: UInt32, sends: Bool, accepts: InboundTrust, isReady: Bool,
        occasion: Occasion, agentVersion: PrintableText
    ) {
        self.kind = kind
        self.capacity = capacity
        self.sends = sends
        self.accepts = accepts
        self.isReady = isReady
        self.occasion = occasion
        self.agentVersion = agentVersion
    }

    /// The highest version both ends speak, or nil when there is none.
    public func commonVersion(with other: Hello) -> UInt8? {
        let version = min(highestVersion, other.highestVersion)
        return version >= max(lowestVersion, other.lowestVersion) ? version : nil
    }
}
