// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshTestSupport
import EntmeshThreads
import Glibc

/// A UNIX socket that listens, in a folder of its own.
final class ListeningSocket: Sendable {
    struct CannotListen: Error { let errno: Int32 }

    let path: String
    private let directory: TestDirectory
    private let descriptor: Int32

    init() throws {
        directory = try TestDirectory()
        path = directory.path("socket")
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let outcome = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard outcome == 0, listen(descriptor, 8) == 0 else { throw CannotListen(errno: errno) }
    }

    /// Ends the thread that serves: accept(2) fails on a listener that is shut down.
    deinit {
        shutdown(descriptor, Int32(SHUT_RDWR))
        close(descriptor)
    }

    /// Waits for the next client.
    func accept() -> SocketClient? { Self.accept(on: descriptor) }

    /// Serves one client after the other on a thread of its own.
    func serve(_ body: @escaping @Sendable (SocketClient) -> Void) {
        let listener = dup(descriptor)
        _ = DetachedThread.start {
            while let client = Self.accept(on: listener) { body(client) }
            close(listener)
        }
    }

    private static func accept(on listener: Int32) -> SocketClient? {
        let client = Glibc.accept(listener, nil, nil)
        return client < 0 ? nil : SocketClient(client)
    }
}

/// The server's end of a connection, closed when it ends.
final class SocketClient: Sendable {
    private let descriptor: Int32

    fileprivate init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit {
        // A child that is being started meanwhile may hold it for a moment longer.
        shutdown(descriptor, Int32(SHUT_RDWR))
        close(descriptor)
    }

    /// Waits for exactly `count` bytes; nil if the client hangs up before.
    func receive(_ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        let got = recv(descriptor, &bytes, count, Int32(MSG_WAITALL))
        return got == count ? bytes : nil
    }

    /// What is there already.
    func receiveWaiting() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let got = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
        return Array(bytes.prefix(max(0, got)))
    }

    func send(_ bytes: [UInt8]) {
        _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }
}
