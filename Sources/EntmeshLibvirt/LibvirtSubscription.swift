// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CLibvirt

/// The callbacks of one connection: the identifiers by which they are cancelled.
///
/// libvirt holds a reference to the inbox for each callback, and gives it back through `release`
/// when no callback can run any more.
struct LibvirtSubscription {
    private var events: [Int32] = []
    private var watchesClose = false

    /// Subscribes; on failure nothing is left subscribed.
    init(_ connection: virConnectPtr, inbox: EventInbox) throws(HypervisorError) {
        do throws(HypervisorError) {
            try subscribe(connection, inbox)
        } catch {
            cancel(connection)
            throw error
        }
    }

    /// Ends the subscriptions, before the connection is closed.
    func cancel(_ connection: virConnectPtr) {
        if watchesClose { virConnectUnregisterCloseCallback(connection, onClose) }
        for event in events { virConnectDomainEventDeregisterAny(connection, event) }
    }

    private mutating func subscribe(
        _ connection: virConnectPtr, _ inbox: EventInbox
    ) throws(HypervisorError) {
        try lend(inbox, for: "watch the connection to libvirt", optional: true) { opaque in
            virConnectRegisterCloseCallback(connection, onClose, opaque, release)
        }.map { _ in watchesClose = true }
        try lend(inbox, for: "subscribe to lifecycle events") { opaque in
            entmesh_register_lifecycle_event(connection, onLifecycle, opaque, release)
        }.map { events.append($0) }
        try lend(inbox, for: "subscribe to reboot events") { opaque in
            entmesh_register_reboot_event(connection, onReboot, opaque, release)
        }.map { events.append($0) }
        try lend(inbox, for: "subscribe to devices plugged in") { opaque in
            entmesh_register_device_added_event(connection, onDevice, opaque, release)
        }.map { events.append($0) }
        try lend(inbox, for: "subscribe to devices unplugged") { opaque in
            entmesh_register_device_removed_event(connection, onDevice, opaque, release)
        }.map { events.append($0) }
    }

    /// Registers with a reference of its own, which is taken back if that fails. What the
    /// registration gave; `nil` if it is optional and this connection lacks it.
    private func lend(
        _ inbox: EventInbox, for attempted: String, optional: Bool = false,
        _ register: (UnsafeMutableRawPointer) -> Int32
    ) throws(HypervisorError) -> Int32? {
        let reference = Unmanaged.passRetained(inbox)
        let identifier = register(reference.toOpaque())
        if identifier >= 0 { return identifier }
        let error = HypervisorError.lastOfLibvirt(attempted)
        reference.release()
        if optional && error.isNoSupport { return nil }
        throw error
    }
}

// The callbacks run on the event thread. They copy what they are given, and ask libvirt nothing
// that could block: a domain's name and UUID are in the handle.

private let onLifecycle: virConnectDomainEventCallback = { _, domain, event, detail, opaque in
    post(.init(event: event, detail: detail), of: domain, to: opaque)
    return 0
}

private let onReboot: virConnectDomainEventGenericCallback = { _, domain, opaque in
    post(.reboot, of: domain, to: opaque)
}

// Added or removed: both callbacks have one type.
private let onDevice: virConnectDomainEventDeviceAddedCallback = { _, domain, alias, opaque in
    guard let alias, DomainEvent.Kind.mayBeVsock(alias: String(cString: alias)) else { return }
    post(.vsockChanged, of: domain, to: opaque)
}

private let onClose: virConnectCloseFunc = { _, reason, opaque in
    inbox(opaque)?.post(.closed(reason: closeReason(reason)))
}

private let release: virFreeCallback = { opaque in
    if let opaque { Unmanaged<EventInbox>.fromOpaque(opaque).release() }
}

private func post(
    _ kind: DomainEvent.Kind, of domain: virDomainPtr?, to opaque: UnsafeMutableRawPointer?
) {
    guard let domain, let uuid = domainUUID(domain) else { return }
    inbox(opaque)?.post(.event(DomainEvent(uuid: uuid, name: domainName(domain), kind: kind)))
}

private func inbox(_ opaque: UnsafeMutableRawPointer?) -> EventInbox? {
    opaque.map { Unmanaged<EventInbox>.fromOpaque($0).takeUnretainedValue() }
}

private func closeReason(_ reason: Int32) -> String {
    switch virConnectCloseReason(UInt32(bitPattern: reason)) {
    case VIR_CONNECT_CLOSE_REASON_ERROR: "an input or output error"
    case VIR_CONNECT_CLOSE_REASON_EOF: "libvirtd closed it (stopped, restarted or crashed)"
    case VIR_CONNECT_CLOSE_REASON_KEEPALIVE: "libvirtd gave no sign of life"
    case VIR_CONNECT_CLOSE_REASON_CLIENT: "it was closed from our side"
    default: "unknown reason \(reason)"
    }
}
