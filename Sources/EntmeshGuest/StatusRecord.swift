// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

public import EntmeshLinux
public import EntmeshNode

/// The content of the status file: what `--status` cannot ask the kernel.
public struct StatusRecord: Equatable, Sendable {
    /// Where the agent is with its host.
    public enum State: UInt8, Sendable {
        /// No host yet, or lost.
        case dialling = 0
        /// The handshake is over.
        case connected = 1
        /// The agent ended.
        case stopped = 2
    }

    public var state: State
    /// The agent's process.
    public var processID: Int32
    public var transport: Transport
    public var mode: InjectionMode
    public var horizon: TimeSpan
    /// When the pool was last made fresh, on CLOCK_BOOTTIME.
    public var fedAt: Moment?
    /// Whether that was on the live connection.
    public var isProven: Bool
    public var tally: InjectionTally
    /// How many bytes of the kernel's generator the host took; nil if the agent does not give.
    public var givenBytes: Int64?
}
