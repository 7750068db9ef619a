// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CEntmeshLinux

/// The process at the other end of a UNIX socket, as the kernel saw it at connect(2).
public struct PeerCredentials: Equatable, Sendable {
    public let processID: Int32
    public let userID: UInt32
    public let groupID: UInt32

    /// The peer of `socket`, which stays the caller's (SO_PEERCRED, unix(7)).
    public init(peerOf socket: Int32) throws(Errno) {
        var credentials = entmesh_credentials()
        _ = try Errno.check(entmesh_peer_credentials(socket, &credentials))
        processID = credentials.pid
        userID = credentials.uid
        groupID = credentials.gid
    }
}
