// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// A libvirt guest as it was at one moment: a value, never a handle.
///
/// `name` and `problem` are outside text (control characters, quotes, right-to-left marks): whoever
/// prints them escapes them.
public struct Domain: Sendable, Hashable {
    /// What stays the same for the life of the domain.
    public let uuid: DomainUUID
    /// The name at that moment; what libvirt gives beyond 255 bytes is cut, what is not UTF-8 replaced.
    public let name: String
    /// The live id, which is new at every start and every restore; `nil` while not active.
    public let id: Int?
    /// What the domain does.
    public let state: DomainState
    /// The vsock context ID that the *live* configuration holds, 3 or more; `nil` while not active,
    /// without a vsock device, or when it could not be learnt (`problem` then says why).
    public let guestCID: UInt32?
    /// Whether the live or the persistent configuration has a vsock device.
    public let hasVsock: Bool
    /// Whether the live configuration (the persistent one while not active) has a virtio-rng device.
    public let hasRNG: Bool
    /// Whether that configuration has a generation ID device, which tells a guest of its restore.
    public let hasGenID: Bool
    /// Whether the domain has no persistent configuration: it is gone when it stops.
    public let isTransient: Bool
    /// What libvirt said of this domain that we could not use, in words; `nil` if all was well.
    public let problem: String?

    /// A domain with these facts, for the tests of those who use domains.
    package init(
        uuid: DomainUUID, name: String, id: Int? = nil, state: DomainState, guestCID: UInt32? = nil,
        hasVsock: Bool = false, hasRNG: Bool = false, hasGenID: Bool = false,
        isTransient: Bool = false, problem: String? = nil
    ) {
        self.uuid = uuid
        self.name = name
        self.id = id
        self.state = state
        self.guestCID = guestCID
        self.hasVsock = hasVsock
        self.hasRNG = hasRNG
        self.hasGenID = hasGenID
        self.isTransient = isTransient
        self.problem = problem
    }

    /// The same domain, not active.
    public var shutOff: Domain {
        Domain(
            uuid: uuid, name: name, state: .shutOff, hasVsock: hasVsock, hasRNG: hasRNG,
            hasGenID: hasGenID, isTransient: isTransient, problem: problem)
    }

    /// Whether there is a virtual machine behind the configuration at all.
    public var isActive: Bool { id != nil }
}
