// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// The limits of our dealings with libvirt. None is part of a protocol; tests make them small.
package struct HypervisorLimits: Sendable {
    /// How long a call of `run` itself may take before libvirt counts as lost. Longer than a busy
    /// libvirtd needs, shorter than the 20 s after which the keepalive gives it up.
    var callDeadline: Duration = .seconds(15)

    /// How often all domains are read anew, so that a lost event cannot leave the map wrong for
    /// ever.
    var resyncInterval: Duration = .seconds(60)

    /// The pause before the first new attempt to connect; it doubles up to `longestBackOff`.
    var shortestBackOff: Duration = .milliseconds(200)

    /// The longest pause between two attempts to connect: what an administrator who has just
    /// restarted libvirtd will wait for without a second thought.
    var longestBackOff: Duration = .seconds(10)

    /// Seconds of silence before libvirtd is asked for a sign of life.
    var keepAliveInterval: Int32 = 5

    /// How many signs of life may be missing before libvirt closes the connection.
    var keepAliveCount: UInt32 = 3

    /// How many requests may wait for the worker thread: an accept each, far more than the
    /// listener admits at a time.
    var parkedRequests = 256

    /// How many events may wait to be handled: every domain of a large host restarted at once sends
    /// about four each.
    var waitingEvents = 4096

    /// The longest domain XML that is read, in bytes; QEMU's are 5 to 20 KiB, and only free-form
    /// metadata makes them longer.
    package static let xmlByteLimit = 1 << 20

    /// The longest name that is kept, in bytes: NAME_MAX, since QEMU domains have files named after
    /// them.
    package static let nameByteLimit = 255

    /// The longest error message that is kept, in bytes.
    package static let messageByteLimit = 512
}
