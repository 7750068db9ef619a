// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

public import EntmeshNode

/// The limits a `SourceRunner` keeps to.
public struct SourceLimits: Sendable {
    /// Samples asked for in one read: little enough for a TPM, at 1 kB/s, to answer in time.
    public var readByteCount = 512
    /// A read that takes longer makes the source `degraded`.
    public var slowSpan = TimeSpan.seconds(1)
    /// A read that takes longer makes the source `stalled`.
    public var stallSpan = TimeSpan.seconds(5)
    /// How long a device is left alone after its first error; doubles with each.
    public var firstBackOff = TimeSpan.seconds(1)
    /// How long it is left alone at most.
    public var longestBackOff = TimeSpan.seconds(60)

    /// The limits of the daemon.
    public init() {}
}
