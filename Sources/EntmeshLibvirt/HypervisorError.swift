// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// Why libvirt could not be asked. `description` says what was attempted, what was found and what to
/// do next; it may hold text from libvirt, so whoever prints it escapes it.
public enum HypervisorError: Error, Sendable, Equatable {
    /// The URI names a libvirt that cannot serve here.
    case unsuitableURI(String, reason: String)
    /// `run` was called while another `run` goes on.
    case alreadyRunning
    /// A thread could not be started, or libvirt's event loop not be set up.
    case noThread(errno: Int32)
    /// There is no connection at this moment: libvirt is down, or `run` has not got so far.
    case notConnected
    /// The connection ended, for this reason.
    case connectionClosed(reason: String)
    /// No answer came in time. The request may still be answered in vain.
    case timedOut(attempted: String)
    /// So many requests wait for an answer already that no more is taken.
    case tooManyRequests(limit: Int)
    /// So many events wait that some were dropped; everything is read anew.
    case tooManyEvents(limit: Int)
    /// libvirt answered with an error (`virErrorNumber`).
    case libvirt(attempted: String, code: Int32, message: String)
    /// This user may not do that.
    case notPermitted(attempted: String, message: String)
    /// The task that asked was cancelled.
    case cancelled
}

extension HypervisorError: CustomStringConvertible {
    /// What was attempted, what was found, and what to do next.
    public var description: String {
        switch self {
        case .unsuitableURI(let uri, let reason):
            "cannot use the libvirt URI \"\(uri)\": \(reason)"
        case .alreadyRunning:
            "cannot watch libvirt twice with one handle: make a second Hypervisor"
        case .noThread(let errno):
            "cannot start a thread for libvirt (errno \(errno)): raise the limit on tasks or on memory"
        case .notConnected:
            "libvirt is not connected: see the daemon's log for the reason it was lost"
        case .connectionClosed(let reason):
            "the connection to libvirt ended: \(reason); it is made anew by itself"
        case .timedOut(let attempted):
            "could not \(attempted): libvirt did not answer in time; if that lasts, restart libvirtd"
        case .tooManyRequests(let limit):
            "libvirt has \(limit) requests to answer already: try again later; if that lasts, "
                + "restart libvirtd"
        case .tooManyEvents(let limit):
            "libvirt sent more than \(limit) events before they could be handled: all domains are "
                + "read anew"
        case .libvirt(let attempted, let code, let message):
            "could not \(attempted): \(message) (libvirt error \(code)); check that libvirtd runs "
                + "and that this user may use its read-only socket"
        case .notPermitted(let attempted, let message):
            "could not \(attempted): \(message); this user may not use libvirt's read-only socket"
        case .cancelled:
            "the request to libvirt was cancelled"
        }
    }
}
