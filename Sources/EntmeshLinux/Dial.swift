// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CEntmeshLinux

/// Why a connection could not even be begun.
public enum DialError: Error, Equatable, Sendable {
    /// The kernel has no such transport: no module, or no device in this machine.
    case noTransport(Errno)
    /// The source port is taken: try another.
    case portInUse
    /// This process may not bind to a port below 1024: CAP_NET_BIND_SERVICE is missing.
    case portForbidden
    /// Everything else; evidence of nothing.
    case failed(Errno)
}

/// Opens stream sockets toward a host. Non-blocking: the connection may still be under way.
public enum Dial {
    /// Begins to connect to `address` from `sourcePort` of any local CID (vsock(7)).
    ///
    /// - Parameter bufferByteCount: how much the peer may queue here unread.
    public static func vsock(
        _ address: VsockAddress, from sourcePort: UInt32, bufferByteCount: UInt64
    ) throws(DialError) -> FileDescriptor {
        let socket = FileDescriptor(owning: try transport(entmesh_vsock_socket()))
        try bind(socket, sourcePort)
        _ = try transport(entmesh_vsock_limit_buffer(socket.rawValue, bufferByteCount))
        let result = entmesh_vsock_connect(socket.rawValue, address.cid.rawValue, address.port)
        if result != -Int32(entmesh_EINPROGRESS) {
            _ = try transport(result)
        }
        return socket
    }

    /// Connects to the UNIX socket at `path` (unix(7)).
    public static func unix(path: CString) throws(DialError) -> FileDescriptor {
        let result = entmesh_unix_connect(path.pointer)
        guard result >= 0 else { throw .failed(Errno(number: -result)) }
        return FileDescriptor(owning: result)
    }

    // Without the module socket(2) says EAFNOSUPPORT; without a device connect(2) says ENODEV, and
    // before 5.5 socket(2) does.
    private static func transport(_ result: Int32) throws(DialError) -> Int32 {
        guard result < 0 else { return result }
        let errno = Errno(number: -result)
        switch errno {
        case .addressFamilyUnsupported, .noSuchDevice: throw .noTransport(errno)
        default: throw .failed(errno)
        }
    }

    private static func bind(
        _ socket: borrowing FileDescriptor, _ port: UInt32
    ) throws(DialError) {
        let result = entmesh_vsock_bind(socket.rawValue, port)
        guard result < 0 else { return }
        switch Errno(number: -result) {
        case .addressInUse: throw .portInUse
        case .accessDenied: throw .portForbidden
        case let errno: throw .failed(errno)
        }
    }
}
