// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

public import EntmeshNode

/// Everything that can be said on a Connection (docs/protocol.md, "Messages").
///
/// A transfer carries its `Entropy`, so a message can be spent once too.
public enum Message: ~Copyable {
    /// First, once, in both directions.
    case hello(Hello)
    /// Fill Level Notification: never the same twice in a row.
    case level(FillLevel)
    /// Entropy Transfer: one block.
    case transfer(sequence: UInt32, Entropy)
    /// What became of a block.
    case receipt(Receipt)
    /// What a pool's agent knows of its kernel.
    case status(PoolStatus)
    /// Are you there.
    case heartbeat
    /// I am.
    case heartbeatAnswer
    /// The last message.
    case close(CloseReason)
}

/// The type byte of each message.
enum MessageType {
    static let hello: UInt8 = 0x01
    static let level: UInt8 = 0x02
    static let transfer: UInt8 = 0x03
    static let receipt: UInt8 = 0x04
    static let status: UInt8 = 0x05
    static let heartbeat: UInt8 = 0x06
    static let close: UInt8 = 0x07
}
