// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CLibvirt

// libvirt's numbers in our words: pure functions over (event, detail). Every number has a meaning,
// because a newer libvirtd may send what this file has never heard of.

extension DomainEvent.Kind {
    /// The kind for the numbers of a lifecycle event (`virDomainEventType` and its details).
    init(event: Int32, detail: Int32) {
        switch virDomainEventType(UInt32(bitPattern: event)) {
        case VIR_DOMAIN_EVENT_DEFINED: self = .defined(.init(detail: detail))
        case VIR_DOMAIN_EVENT_UNDEFINED: self = .undefined(.init(detail: detail))
        case VIR_DOMAIN_EVENT_STARTED: self = .started(.init(detail: detail))
        case VIR_DOMAIN_EVENT_SUSPENDED: self = .suspended(.init(detail: detail))
        case VIR_DOMAIN_EVENT_RESUMED: self = .resumed(.init(detail: detail))
        case VIR_DOMAIN_EVENT_STOPPED: self = .stopped(.init(detail: detail))
        case VIR_DOMAIN_EVENT_SHUTDOWN: self = .shutdown
        case VIR_DOMAIN_EVENT_PMSUSPENDED: self = .pmSuspended
        case VIR_DOMAIN_EVENT_CRASHED: self = .crashed
        default: self = .unknown(event: event, detail: detail)
        }
    }
}

extension DomainEvent.Kind {
    /// Whether a device of this alias may be a vsock device: libvirt calls them `vsock0`, and an
    /// administrator `ua-` and whatever they like.
    static func mayBeVsock(alias: String) -> Bool {
        alias.hasPrefix("vsock") || alias.hasPrefix("ua-")
    }
}

extension DomainEvent.Defined {
    init(detail: Int32) {
        switch virDomainEventDefinedDetailType(UInt32(bitPattern: detail)) {
        case VIR_DOMAIN_EVENT_DEFINED_ADDED: self = .added
        case VIR_DOMAIN_EVENT_DEFINED_UPDATED: self = .updated
        case VIR_DOMAIN_EVENT_DEFINED_RENAMED: self = .renamed
        case VIR_DOMAIN_EVENT_DEFINED_FROM_SNAPSHOT: self = .fromSnapshot
        default: self = .other(detail)
        }
    }
}

extension DomainEvent.Undefined {
    init(detail: Int32) {
        switch virDomainEventUndefinedDetailType(UInt32(bitPattern: detail)) {
        case VIR_DOMAIN_EVENT_UNDEFINED_REMOVED: self = .removed
        case VIR_DOMAIN_EVENT_UNDEFINED_RENAMED: self = .renamed
        default: self = .other(detail)
        }
    }
}

extension DomainEvent.Started {
    init(detail: Int32) {
        switch virDomainEventStartedDetailType(UInt32(bitPattern: detail)) {
        case VIR_DOMAIN_EVENT_STARTED_BOOTED: self = .booted
        case VIR_DOMAIN_EVENT_STARTED_MIGRATED: self = .migrated
        case VIR_DOMAIN_EVENT_STARTED_RESTORED: self = .restored
        case VIR_DOMAIN_EVENT_STARTED_FROM_SNAPSHOT: self = .fromSnapshot
        case VIR_DOMAIN_EVENT_STARTED_WAKEUP: self = .wakeup
        default: self = .other(detail)
        }
    }
}

extension DomainEvent.Suspended {
    init(detail: Int32) {
        switch virDomainEventSuspendedDetailType(UInt32(bitPattern: detail)) {
        case VIR_DOMAIN_EVENT_SUSPENDED_PAUSED: self = .paused
        case VIR_DOMAIN_EVENT_SUSPENDED_MIGRATED: self = .migrated
        case VIR_DOMAIN_EVENT_SUSPENDED_IOERROR: self = .ioError
        case VIR_DOMAIN_EVENT_SUSPENDED_WATCHDOG: self = .watchdog
        case VIR_DOMAIN_EVENT_SUSPENDED_RESTORED: self = .restored
        case VIR_DOMAIN_EVENT_SUSPENDED_FROM_SNAPSHOT: self = .fromSnapshot
        case VIR_DOMAIN_EVENT_SUSPENDED_API_ERROR: self = .apiError
        case VIR_DOMAIN_EVENT_SUSPENDED_POSTCOPY: self = .postcopy
        case VIR_DOMAIN_EVENT_SUSPENDED_POSTCOPY_FAILED: self = .postcopyFailed
        default: self = .other(detail)
        }
    }
}

extension DomainEvent.Resumed {
    init(detail: Int32) {
        switch virDomainEventResumedDetailType(UInt32(bitPattern: detail)) {
        case VIR_DOMAIN_EVENT_RESUMED_UNPAUSED: self = .unpaused
        case VIR_DOMAIN_EVENT_RESUMED_MIGRATED: self = .migrated
        case VIR_DOMAIN_EVENT_RESUMED_FROM_SNAPSHOT: self = .fromSnapshot
        case VIR_DOMAIN_EVENT_RESUMED_POSTCOPY: self = .postcopy
        case VIR_DOMAIN_EVENT_RESUMED_POSTCOPY_FAILED: self = .postcopyFailed
        default: self = .other(detail)
        }
    }
}

extension DomainEvent.Stopped {
    init(detail: Int32) {
        switch virDomainEventStoppedDetailType(UInt32(bitPattern: detail)) {
        case VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN: self = .shutdown
        case VIR_DOMAIN_EVENT_STOPPED_DESTROYED: self = .destroyed
        case VIR_DOMAIN_EVENT_STOPPED_CRASHED: self = .crashed
        case VIR_DOMAIN_EVENT_STOPPED_MIGRATED: self = .migrated
        case VIR_DOMAIN_EVENT_STOPPED_SAVED: self = .saved
        case VIR_DOMAIN_EVENT_STOPPED_FAILED: self = .failed
        case VIR_DOMAIN_EVENT_STOPPED_FROM_SNAPSHOT: self = .fromSnapshot
        default: self = .other(detail)
        }
    }
}
