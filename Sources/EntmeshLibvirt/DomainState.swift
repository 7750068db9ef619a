// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CLibvirt

/// What a domain does, in the words of `virsh list`.
public enum DomainState: String, Sendable, Hashable, Codable, CaseIterable {
    /// It runs.
    case running
    /// It runs, and waits for something (never reported by QEMU).
    case idle
    /// An administrator, an error or a migration stopped its processors.
    case paused
    /// It is on its way down.
    case inShutdown = "in shutdown"
    /// It does not run, and has a managed image of its memory to go on from.
    case saved
    /// It does not run.
    case shutOff = "shut off"
    /// It panicked and was kept as it was.
    case crashed
    /// It asked to be suspended to memory.
    case pmSuspended = "pmsuspended"
    /// libvirt reports no state, or one that is newer than we are.
    case unknown = "no state"

    /// The state for libvirt's number (`virDomainState`).
    init(libvirt state: Int32, hasManagedSaveImage: Bool) {
        switch virDomainState(UInt32(bitPattern: state)) {
        case VIR_DOMAIN_RUNNING: self = .running
        case VIR_DOMAIN_BLOCKED: self = .idle
        case VIR_DOMAIN_PAUSED: self = .paused
        case VIR_DOMAIN_SHUTDOWN: self = .inShutdown
        case VIR_DOMAIN_SHUTOFF: self = hasManagedSaveImage ? .saved : .shutOff
        case VIR_DOMAIN_CRASHED: self = .crashed
        case VIR_DOMAIN_PMSUSPENDED: self = .pmSuspended
        default: self = .unknown
        }
    }
}
