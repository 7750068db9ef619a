// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// Why a connection ended, in one byte on the wire and in words for people.
public enum CloseReason: UInt8, Sendable {
    /// The program stops.
    case shutdown = 0
    /// A newer connection of the same peer took its place.
    case replaced = 1
    /// A frame that is not one: wrong magic, version, length, or a field out of range.
    case malformedFrame = 2
    /// A message that may not come now, or not from this peer.
    case unexpectedMessage = 3
    /// No protocol version in common.
    case versionMismatch = 4
    /// The same fill level twice in a row.
    case repeatedLevel = 5
    /// A block out of sequence: replayed, reordered or lost.
    case sequenceBroken = 6
    /// No hello in time.
    case handshakeTimeout = 7
    /// A frame begun and not finished in time.
    case frameTimeout = 8
    /// A block not acknowledged in time.
    case receiptTimeout = 9
    /// Nothing received for too long.
    case silent = 10
    /// The peer does not read what is sent to it.
    case writeStalled = 11
    /// More messages than one peer may send.
    case tooManyMessages = 12
    /// The source port is 1024 or above: not a privileged process.
    case unprivilegedPeer = 13
    /// The address belongs to no running domain.
    case unknownGuest = 14
    /// Two running domains claim the address.
    case ambiguousGuest = 15
    /// Connections come faster than one peer may make them.
    case tooManyConnections = 16
    /// Switched off by configuration.
    case switchedOff = 17
    /// The domain stopped, or its address is another's now.
    case domainGone = 18
    /// The domain's memory was restored: what was under way belongs to its past.
    case memoryRestored = 19
    /// libvirt cannot say who this is.
    case hypervisorUnavailable = 20
    /// Out of descriptors or memory.
    case outOfResources = 21
    /// The name in the certificate is that of no host that may be a peer.
    case unknownHost = 22
    /// Another host has a connection under the same name.
    case duplicateHost = 23
    /// What was given is stuck or repeats itself.
    case faultySource = 24
    /// The other end closed without a word.
    case endOfStream = 254
    /// A reason newer than this code.
    case unknown = 255

    /// The reason as a counter label: lower case, hyphens.
    public var label: StaticString {
        switch self {
        case .shutdown: "shutdown"
        case .replaced: "replaced"
        case .malformedFrame: "malformed-frame"
        case .unexpectedMessage: "unexpected-message"
        case .versionMismatch: "version-mismatch"
        case .repeatedLevel: "repeated-level"
        case .sequenceBroken: "sequence-broken"
        case .handshakeTimeout: "handshake-timeout"
        case .frameTimeout: "frame-timeout"
        case .receiptTimeout: "receipt-timeout"
        case .silent: "silent"
        case .writeStalled: "write-stalled"
        case .tooManyMessages: "too-many-messages"
        case .unprivilegedPeer: "unprivileged-peer"
        case .unknownGuest: "unknown-guest"
        case .ambiguousGuest: "ambiguous-guest"
        case .tooManyConnections: "too-many-connections"
        case .switchedOff: "switched-off"
        case .domainGone: "domain-gone"
        case .memoryRestored: "memory-restored"
        case .hypervisorUnavailable: "hypervisor-unavailable"
        case .outOfResources: "out-of-resources"
        case .unknownHost: "unknown-host"
        case .duplicateHost: "duplicate-host"
        case .faultySource: "faulty-source"
        case .endOfStream: "end-of-stream"
        case .unknown: "unknown"
        }
    }
}
