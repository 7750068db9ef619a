// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// Why a host agent cannot start, with what to do.
public enum HostError: Error, CustomStringConvertible {
    /// The tank's memory could not be locked.
    case cannotLockMemory(byteCount: Int, reason: String)
    /// A socket could not be listened on.
    case cannotListen(String, reason: String)
    /// A socket cannot be where it should: its folder is missing, read-only, full or another's.
    case cannotPlace(String, reason: String)
    /// The libvirt that was named cannot serve.
    case cannotFollow(reason: String)
    /// The certificates for links with other hosts cannot be used.
    case cannotServePeers(reason: String)
    /// A source is required, and all there were are off for good.
    case noSourceLeft

    static let unlockedWarning = """
        memory is not locked: entropy may reach swap. Set LimitMEMLOCK=infinity in the unit, \
        or run: ulimit -l unlimited
        """

    public var description: String {
        switch self {
        case .cannotLockMemory(let byteCount, let reason):
            """
            cannot lock \(byteCount / 1024) KiB of memory for the tank: \(reason). \
            Set LimitMEMLOCK=infinity in the unit, or run: ulimit -l unlimited. \
            To go on with memory that may be swapped: --allow-unlocked-memory
            """
        case .cannotListen(let what, let reason), .cannotPlace(let what, let reason):
            "cannot listen on \(what): \(reason)"
        case .cannotFollow(let reason), .cannotServePeers(let reason): reason
        case .noSourceLeft:
            """
            no source is left that could give entropy, and 'sources: required: on' says not to go \
            on without; see the log above, or: journalctl -u entmesh-host
            """
        }
    }
}
