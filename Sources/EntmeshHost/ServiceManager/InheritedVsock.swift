// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConnection
internal import Glibc

/// A descriptor that the service manager passed under the name of the vsock socket.
enum InheritedVsock {
    /// Whether `descriptor` is what its name says; if so, no program that we start inherits it.
    ///
    /// - Throws: `HostError.cannotListen`.
    static func check(_ descriptor: CInt) throws(HostError) {
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        guard let found = port(of: descriptor), listens(descriptor) else {
            throw .cannotListen(
                "descriptor \(descriptor)",
                reason: "it is no AF_VSOCK socket that listens: see entmesh-host.socket")
        }
        guard found == Wire.port else {
            throw .cannotListen(
                "descriptor \(descriptor)",
                reason: "entmesh-host.socket has port \(found), and guests dial \(Wire.port): "
                    + "say ListenStream=vsock::\(Wire.port) in it")
        }
    }

    // sockaddr_vm has its family at 0 and its port at 4 (vsock(7)).
    private static func port(of descriptor: CInt) -> UInt32? {
        var address = sockaddr_storage()
        var byteCount = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutableBytes(of: &address) { bytes in
            guard let base = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self),
                getsockname(descriptor, base, &byteCount) == 0,
                CInt(base.pointee.sa_family) == AF_VSOCK
            else { return nil }
            return bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
        }
    }

    private static func listens(_ descriptor: CInt) -> Bool {
        var answer: CInt = 0
        var byteCount = socklen_t(MemoryLayout<CInt>.size)
        return getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &answer, &byteCount) == 0
            && answer == 1
    }
}
