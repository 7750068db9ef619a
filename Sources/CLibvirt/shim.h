// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

// What Swift cannot see of libvirt: VIR_DOMAIN_EVENT_CALLBACK is a macro that casts one function
// pointer type to another. Each event that we subscribe to gets a function with the true type.

#ifndef ENTMESH_CLIBVIRT_H
#define ENTMESH_CLIBVIRT_H

#include <stddef.h>

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

/// Subscribes to the lifecycle events of all domains. The callback's identifier, or -1.
static inline int entmesh_register_lifecycle_event(virConnectPtr connection,
                                                   virConnectDomainEventCallback callback,
                                                   void *opaque, virFreeCallback release) {
    return virConnectDomainEventRegisterAny(connection, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                            VIR_DOMAIN_EVENT_CALLBACK(callback), opaque, release);
}

/// Subscribes to the reboot events of all domains: a guest's own reset changes no lifecycle state,
/// so libvirt gives it an event of its own. The callback's identifier, or -1.
static inline int entmesh_register_reboot_event(virConnectPtr connection,
                                                virConnectDomainEventGenericCallback callback,
                                                void *opaque, virFreeCallback release) {
    return virConnectDomainEventRegisterAny(connection, NULL, VIR_DOMAIN_EVENT_ID_REBOOT,
                                            VIR_DOMAIN_EVENT_CALLBACK(callback), opaque, release);
}

/// Subscribes to what is plugged into running domains. The callback's identifier, or -1.
static inline int entmesh_register_device_added_event(
    virConnectPtr connection, virConnectDomainEventDeviceAddedCallback callback, void *opaque,
    virFreeCallback release) {
    return virConnectDomainEventRegisterAny(connection, NULL, VIR_DOMAIN_EVENT_ID_DEVICE_ADDED,
                                            VIR_DOMAIN_EVENT_CALLBACK(callback), opaque, release);
}

/// Subscribes to what is unplugged from running domains. The callback's identifier, or -1.
static inline int entmesh_register_device_removed_event(
    virConnectPtr connection, virConnectDomainEventDeviceRemovedCallback callback, void *opaque,
    virFreeCallback release) {
    return virConnectDomainEventRegisterAny(connection, NULL, VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED,
                                            VIR_DOMAIN_EVENT_CALLBACK(callback), opaque, release);
}

#endif
