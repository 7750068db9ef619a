// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshCertificates
import EntmeshConfig
import EntmeshConnection
import EntmeshControl
import EntmeshNode
import EntmeshTestSupport
import Foundation
import NIOCore
import NIOPosix
import Testing

@testable import EntmeshHost

/// What a host with a good certificate, and one without any, can do to the daemon.
@Suite(.timeLimit(.minutes(5)))
struct HostAbuseTests {
    /// `a`, which knows `b` and credits it or not; `b` is played by the test.
    private func run(
        trust: InboundTrust, _ body: (TestMesh) async throws -> Void
    ) async throws {
        let a = Member("a") {
            $0.budget = 1 << 14
            $0.knows("b") { $0.trust = trust }
        }
        try await TestMesh.run([a]) { mesh in
            try mesh.issue("b")
            try await body(mesh)
        }
    }

    @Test func aHostThatIsNotCreditedIsReadNoFasterThanItMayCome() async throws {
        try await run(trust: .refuse) { mesh in
            let peer = try await mesh.fakeHost("b", of: "a")
            // Frames that a later version may have, and that are skipped: 400 KiB.
            let skipped = RawFrame.frame(
                type: 0x80, payload: [UInt8](repeating: 0, count: 8192)
            ).bytes
            for _ in 0..<50 { peer.writeAndFlush(ByteBuffer(bytes: skipped), promise: nil) }
            try await poll("it is slowed") {
                await mesh.counter("a", "events", "host-too-fast") > 0
            }
            // Nobody reads any more at the other end, and TLS waits for its farewell in vain.
            try? await peer.close().get()
        }
    }

    @Test(arguments: [
        RawFrame.level(50).bytes + RawFrame.level(50).bytes,
        RawFrame.receipt(9, .accepted).bytes,
        RawFrame.frame(type: 3, payload: [0, 0, 0, 7, 0, 0, 0, 8, 1]).bytes,
        RawFrame.frame(type: 1, payload: [1]).bytes,
        [0, 1, 2, 3, 4, 5, 6, 7],
    ])
    func whoeverBreaksTheProtocolIsLeft(_ bytes: [UInt8]) async throws {
        try await run(trust: .credit) { mesh in
            let peer = try await mesh.fakeHost("b", of: "a")
            peer.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
            try await peer.closeFuture.get()
            try await mesh.until("a", "b") { $0.state == .waiting && $0.lastError != nil }
        }
    }

    @Test func aHostThatCallsItselfAPoolIsLeft() async throws {
        try await run(trust: .credit) { mesh in
            let peer = try await mesh.fakeHost("b", of: "a", kind: .pool)
            try await peer.closeFuture.get()
            #expect(await mesh.counter("a", "closed", "unexpected-message") == 1)
        }
    }

    @Test func strangersGetTenHandshakesASecond() async throws {
        try await run(trust: .mix) { mesh in
            try await mesh.logs("a", "listening for hosts")
            let address = mesh.address(of: "a")
            let channels = try await withThrowingTaskGroup(of: (any Channel).self) { group in
                for _ in 0..<30 {
                    group.addTask {
                        try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                            .connect(host: address.host, port: address.port).get()
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            try await poll("the others are turned away") {
                await mesh.counter("a", "refused", "too-many-connections") == 20
            }
            for channel in channels { channel.close(promise: nil) }
            // Its own host comes in beside them, a second later.
            await mesh.pass(.seconds(1))
            let peer = try await mesh.fakeHost("b", of: "a")
            try await mesh.until("a", "b") { $0.state == .connected }
            try await peer.close().get()
        }
    }

    @Test func whoAsksForMoreThanCanBeAnsweredAtOnceIsGivenUp() async throws {
        try await run(trust: .refuse) { mesh in
            let peer = try await mesh.fakeHost("b", of: "a")
            try await mesh.until("a", "b") { $0.state == .connected }
            // Each is to be answered: in one read there are more than the answers have room for.
            let heartbeats = [UInt8](
                [[UInt8]](repeating: RawFrame.heartbeat.bytes, count: 4096).joined())
            peer.writeAndFlush(ByteBuffer(bytes: heartbeats), promise: nil)
            try await peer.closeFuture.get()
            #expect(await mesh.counter("a", "closed", "too-many-messages") == 1)
        }
    }
}

extension TestMesh {
    /// A client of the test's own that `name` takes for its peer `peer`: the handshake is done, its
    /// hello said.
    func fakeHost(
        _ peer: String, of name: String, kind: NodeKind = .buffer
    ) async throws -> any Channel {
        let channel = try await client(
            name, files.certificatePath(of: peer), files.keyPath(of: peer), { _ in })
        let hello = Hello(
            kind: kind, capacity: 4096, sends: true, accepts: .credit, isReady: true,
            occasion: .start, agentVersion: PrintableText("fake host"))
        try await channel.writeAndFlush(ByteBuffer(bytes: RawFrame.hello(hello).bytes)).get()
        return channel
    }
}
