// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConnection
internal import EntmeshLinux
internal import EntmeshNode

/// The guest agent's own constants (docs/protocol.md, "Constants"); the protocol's are in `Wire`.
enum GuestConstants {
    /// What the hello and `--version` say.
    static let version: StaticString = "entmesh-guest 0.1.0"
    /// Where the two files live unless told otherwise.
    static let stateDirectory: StaticString = "/run/entmesh-guest"
    /// Changes when this machine may have been cloned; user space that watches it re-keys.
    static let generationFile: StaticString = "generation"
    /// What `--status` reads.
    static let statusFile: StaticString = "status"

    /// How long connect(2) may take: above the kernel's own 2 s for AF_VSOCK.
    static let dialDeadline = TimeSpan.seconds(5)
    /// How long the last words may take to go out.
    static let farewellDeadline = TimeSpan.seconds(2)
    /// The first and the last delay between dials, before jitter halves it at most.
    static let firstDelay = TimeSpan.milliseconds(400)
    static let lastDelay = TimeSpan.seconds(30)
    /// A connection that lived this long shows that dialling is worth while again.
    static let provenLife = TimeSpan.seconds(60)
    /// After a transport reset the agent dials at once, but not twice in this time.
    static let immediateDialInterval = TimeSpan.seconds(1)
    /// The source ports dialled from: privileged, clear of the well-known services below 512.
    static let sourcePorts: ClosedRange<UInt32> = 512...1023
    /// What the host may queue here unread, in bytes: a few of the largest frames.
    static let receiveBufferByteCount: UInt64 = 4096
    /// How much is read at once, in bytes; its answers fit `wireByteCount`.
    static let readByteCount = 1024
    static let wireByteCount = 2048
    /// An old kernel's count moves unseen, and so does readiness: look this often.
    static let lookInterval = TimeSpan.seconds(60)
    /// An old kernel reseeds by itself within this time (random.c, CRNG_RESEED_INTERVAL).
    static let oldReseedInterval = TimeSpan.seconds(300)
    /// A modern pool that gives has 32 bytes to give each interval.
    static let givingInterval = TimeSpan.seconds(60)
    /// After a block that the host did not take: this long at first, doubled to at most that.
    static let firstGivingPause = TimeSpan.seconds(1)
    static let longestGivingPause = TimeSpan.seconds(300)
    /// How soon a generation that could not be written is tried again.
    static let generationRetryInterval = TimeSpan.seconds(10)
    /// How long `--once` waits unless told otherwise.
    static let onceWait = TimeSpan.seconds(30)
    /// What `--horizon` accepts, in seconds.
    static let horizons: ClosedRange<Int> = 10...86_400
    /// What `--wait` accepts, in seconds.
    static let waits: ClosedRange<Int> = 1...86_400
    /// The first block usually follows at once: files and lines wait this long for it.
    static let firstBlockGrace = TimeSpan.milliseconds(50)
    /// Lines on standard error: this many at once, then one each interval.
    static let journalBurst = 8
    static let journalInterval = TimeSpan.seconds(10)
}
