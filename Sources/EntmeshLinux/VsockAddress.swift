// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CEntmeshLinux

/// The machine half of an AF_VSOCK address (vsock(7)).
public struct ContextID: Equatable, Sendable {
    public let rawValue: UInt32

    public init(_ rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// The host, as a guest sees it (VMADDR_CID_HOST).
    public static let host = ContextID(2)
}

/// The address of one end of an AF_VSOCK connection (vsock(7)).
public struct VsockAddress: Equatable, Sendable {
    /// The first port that needs no privilege to bind to.
    public static let firstUnprivilegedPort: UInt32 = 1024

    public let cid: ContextID
    public let port: UInt32

    public init(cid: ContextID, port: UInt32) {
        self.cid = cid
        self.port = port
    }

    /// The other end of `socket`, which stays the caller's (getpeername(2)).
    public init(peerOf socket: Int32) throws(Errno) {
        var address = entmesh_vsock_address()
        _ = try Errno.check(entmesh_vsock_peer(socket, &address))
        self.init(cid: ContextID(address.cid), port: address.port)
    }

    /// Whether only a privileged process can have bound to the port.
    public var isPrivileged: Bool { port < Self.firstUnprivilegedPort }
}
