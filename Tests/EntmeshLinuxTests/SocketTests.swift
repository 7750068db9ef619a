// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshLinux
import EntmeshNode
import Foundation
import Testing

@Suite struct SocketTests {
    private func pair() throws -> (Int32, Int32) {
        var ends: [Int32] = [0, 0]
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        try #require(socketpair(AF_UNIX, type, 0, &ends) == 0)
        return (ends[0], ends[1])
    }

    /// Its number says nothing: a test beside this one may have it again already. The other end
    /// hears of it.
    @Test func aDescriptorIsClosedByItsOwner() throws {
        let (left, right) = try pair()
        defer { close(right) }
        var heard = pollfd(fd: right, events: Int16(POLLIN), revents: 0)
        do {
            let owner = FileDescriptor(owning: left)
            let isOpen = owner.isOpen
            #expect(isOpen)
            #expect(poll(&heard, 1, 0) == 0)
        }
        #expect(poll(&heard, 1, 10_000) == 1)
        #expect(heard.revents & Int16(POLLHUP) != 0)
        let none = FileDescriptor.none.isOpen
        #expect(!none)
    }

    @Test func bytesGoThroughAndTheEndIsZero() throws {
        let (left, right) = try pair()
        let reader = FileDescriptor(owning: right)
        do {
            let writer = FileDescriptor(owning: left)
            let sent = try [UInt8](1...5).withUnsafeBytes { try writer.send($0) }
            #expect(sent == 5)
        }
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = try bytes.withUnsafeMutableBytes { try reader.read(into: $0) }
        let end = try bytes.withUnsafeMutableBytes { try reader.read(into: $0) }
        let error = reader.takeSocketError()
        #expect(count == 5)
        #expect(end == 0)
        #expect(error == nil)
    }

    @Test func sendingToNobodyIsAnErrorAndNoSignal() throws {
        let (left, right) = try pair()
        // A child that is being started beside this test may hold it for a moment longer.
        shutdown(right, Int32(SHUT_RDWR))
        close(right)
        let writer = FileDescriptor(owning: left)
        do {
            _ = try [UInt8](1...5).withUnsafeBytes { try writer.send($0) }
            Issue.record("sent")
        } catch {
            #expect(error as? Errno == .brokenPipe)
        }
    }

    @Test func thePeerOfAUnixSocketIsUs() throws {
        let (left, right) = try pair()
        defer {
            close(left)
            close(right)
        }
        let peer = try PeerCredentials(peerOf: left)
        #expect(peer.processID == getpid())
        #expect(peer.userID == getuid())
        #expect(peer.groupID == getgid())
        #expect(throws: Errno.self) { _ = try VsockAddress(peerOf: left) }
        #expect(throws: Errno.self) { _ = try PeerCredentials(peerOf: -1) }
    }

    @Test func diallingNobodyIsATypedError() {
        do {
            _ = try Dial.unix(path: CString("/nonexistent/socket"))
            Issue.record("connected")
        } catch {
            #expect(error == .failed(.noSuchFile))
        }
    }

    @Test func aPathThatDoesNotFitIsATypedError() {
        do {
            _ = try Dial.unix(
                path: CString(
                    """
                    /0123456789012345678901234567890123456789012345678901234567890123456789\
                    0123456789012345678901234567890123456789
                    """))
            Issue.record("connected")
        } catch {
            guard case .failed = error else {
                Issue.record("\(error)")
                return
            }
        }
    }

    @Test func onlyPortsBelow1024ArePrivileged() {
        #expect(VsockAddress(cid: .host, port: 1023).isPrivileged)
        #expect(!VsockAddress(cid: ContextID(3), port: 1024).isPrivileged)
    }

    @Test func aWaitEndsWithWhatIsReady() throws {
        let (left, right) = try pair()
        let reader = FileDescriptor(owning: left)
        let writer = FileDescriptor(owning: right)
        let signals = try StopSignals()
        let quiet = try Readiness.wait(
            socket: reader, for: .read, signals: signals, timeout: .milliseconds(1))
        let writable = try Readiness.wait(
            socket: reader, for: .write, signals: signals, timeout: nil)
        _ = try [UInt8](1...5).withUnsafeBytes { try writer.send($0) }
        let readable = try Readiness.wait(
            socket: reader, for: .read, signals: signals, timeout: .seconds(60))
        let socketless = try Readiness.wait(
            socket: .none, for: .read, signals: signals, timeout: .milliseconds(1))
        let cameIn = signals.cameIn()
        #expect(quiet.isEmpty)
        #expect(writable == .write)
        #expect(readable == .read)
        #expect(socketless.isEmpty)
        #expect(!cameIn)
    }
}
