// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import Foundation
internal import Glibc

/// Datagrams to the UNIX sockets of the system's services.
enum DatagramSocket {
    /// Sends `bytes` to the socket at `path`, `@` for the abstract namespace (unix(7)), without ever
    /// waiting for whoever reads there.
    ///
    /// - Returns: Whether it was taken.
    @discardableResult
    static func send(_ bytes: [UInt8], to path: String) -> Bool {
        var address = sockaddr_un()
        let name = Array(path.utf8)
        // A path ends with a zero; an abstract name begins with one.
        guard !name.isEmpty, name.count < MemoryLayout.size(ofValue: address.sun_path) else {
            return false
        }
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { buffer in
            buffer.copyBytes(from: name)
            if path.hasPrefix("@") { buffer[0] = 0 }
        }
        let isAbstract = path.hasPrefix("@")
        let byteCount = MemoryLayout.size(ofValue: address.sun_family) + name.count
        return send(bytes, to: &address, socklen_t(byteCount + (isAbstract ? 0 : 1)))
    }

    private static func send(
        _ bytes: [UInt8], to address: inout sockaddr_un, _ byteCount: socklen_t
    ) -> Bool {
        let kind = CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_UNIX, kind, 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let flags = CInt(MSG_DONTWAIT) | CInt(MSG_NOSIGNAL)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                sendto(descriptor, bytes, bytes.count, flags, address, byteCount) == bytes.count
            }
        }
    }
}
