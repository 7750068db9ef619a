// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// What `Hypervisor.run` tells, in the order in which it became true.
public enum HypervisorUpdate: Sendable, Equatable {
    /// libvirt answers: these are all its domains, in place of any known before. Events before this
    /// moment may have been missed, and with them a restore or a revert.
    case connected([Domain])
    /// The periodic look: these are all the domains, in place of any known before.
    case resynced([Domain])
    /// Something happened to a domain, and how the domain is now, a little later. `nil`: libvirt no
    /// longer knows it.
    case event(DomainEvent, Domain?)
    /// Something happened to a domain, and libvirt was lost before it could be asked how the domain
    /// is now. `lost` follows.
    case unconfirmedEvent(DomainEvent)
    /// libvirt does not answer, for this reason (outside text); we go on trying. Told once a loss,
    /// and again when the reason changes. `connected` ends it.
    case lost(reason: String)
}
