// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

public import EntmeshLinux
public import EntmeshNode

/// What the agent is told to do.
public struct GuestSettings: Equatable, Sendable {
    public var transport = Transport.vsock
    /// What happens to entropy that comes in.
    public var mode = InjectionMode.credit
    /// Whether the pool also gives to the host.
    public var gives = false
    /// How long an injection counts.
    public var horizon = Freshness.defaultHorizon
    /// Stop after the first injection, or after this long without one; nil runs for ever.
    public var onceWithin: TimeSpan?
    /// Whether a machine without the transport is a silent success.
    public var onlyIfAvailable = false

    public init() {}
}
