// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// Something that happened to a domain, as libvirt told it.
public struct DomainEvent: Sendable, Hashable {
    /// Whom it happened to.
    public let uuid: DomainUUID
    /// The domain's name at that moment (outside text, cut like `Domain.name`).
    public let name: String
    /// What happened.
    public let kind: Kind

    /// An event, for the tests of those who use events.
    package init(uuid: DomainUUID, name: String, kind: Kind) {
        self.uuid = uuid
        self.name = name
        self.kind = kind
    }

    /// What can happen to a domain (`virDomainEventType`), with why. `other` is a reason that is
    /// newer than we are, as libvirt's number.
    public enum Kind: Sendable, Hashable {
        /// The persistent configuration appeared or changed.
        case defined(Defined)
        /// The persistent configuration went.
        case undefined(Undefined)
        /// A virtual machine came into being.
        case started(Started)
        /// Its processors were stopped.
        case suspended(Suspended)
        /// Its processors go on.
        case resumed(Resumed)
        /// The virtual machine is gone.
        case stopped(Stopped)
        /// The guest finished its shutdown; `stopped` follows.
        case shutdown
        /// The guest suspended itself to memory or to disk.
        case pmSuspended
        /// The guest panicked.
        case crashed
        /// The guest was reset, by itself or from outside; the virtual machine is still the same.
        case reboot
        /// A vsock device was plugged into the running virtual machine or unplugged, or a device
        /// whose name does not say what it is.
        case vsockChanged
        /// A lifecycle event that is newer than we are, as libvirt's numbers.
        case unknown(event: Int32, detail: Int32)
    }

    /// Why a configuration appeared or changed.
    public enum Defined: Sendable, Hashable {
        case added, updated, renamed, fromSnapshot
        case other(Int32)
    }

    /// Why a configuration went.
    public enum Undefined: Sendable, Hashable {
        case removed, renamed
        case other(Int32)
    }

    /// How a virtual machine came into being.
    public enum Started: Sendable, Hashable {
        case booted, migrated, restored, fromSnapshot, wakeup
        case other(Int32)
    }

    /// Why the processors were stopped.
    public enum Suspended: Sendable, Hashable {
        case paused, migrated, ioError, watchdog, restored, fromSnapshot, apiError
        case postcopy, postcopyFailed
        case other(Int32)
    }

    /// Why the processors go on.
    public enum Resumed: Sendable, Hashable {
        case unpaused, migrated, fromSnapshot, postcopy, postcopyFailed
        case other(Int32)
    }

    /// Why a virtual machine is gone.
    public enum Stopped: Sendable, Hashable {
        case shutdown, destroyed, crashed, migrated, saved, failed, fromSnapshot
        case other(Int32)
    }
}

extension DomainEvent {
    /// Whether the guest's memory may be a copy of one that ran before, so that what the guest's
    /// pool holds may exist twice.
    ///
    /// A start for a reason that we do not know counts: a needless reseed costs 32 bytes.
    public var memoryMayHaveRunBefore: Bool {
        switch kind {
        case .started(.restored), .started(.fromSnapshot), .started(.other): true
        case .suspended(.restored), .suspended(.fromSnapshot): true
        case .resumed(.fromSnapshot): true
        case .started, .suspended, .resumed: false
        case .defined, .undefined, .stopped, .shutdown, .pmSuspended, .crashed: false
        case .reboot, .vsockChanged, .unknown: false
        }
    }

    /// Whether the guest boots anew inside the same virtual machine.
    public var isReboot: Bool { kind == .reboot }

    /// Whether the virtual machine, and with it every connection to the guest, is gone.
    public var isGone: Bool {
        if case .stopped = kind { true } else { false }
    }
}
