// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshCertificates
import EntmeshConfig
import EntmeshControl
import EntmeshNode
import EntmeshTestSupport
import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import Testing

@testable import EntmeshHost

/// Who may be a peer: refused with the reason in words, on both sides.
@Suite(.timeLimit(.minutes(5)))
struct HostIdentityTests {
    /// `a`, which knows `b`, and `b`, which dials it.
    private func members(
        _ configure: (inout Member, inout Member) -> Void
    ) -> [Member] {
        var (a, b) = (Member("a"), Member("b"))
        a.knows("b")
        b.knows("a", dials: true)
        configure(&a, &b)
        return [a, b]
    }

    @Test func aHostThatIsNotNamedInTheConfigurationIsRefused() async throws {
        let members = members { a, _ in a.hosts = [PeerHost(name: "c")] }
        try await TestMesh.run(members) { mesh in
            try await mesh.until("b", "a") {
                $0.lastError?.contains("add us to its 'hosts'") ?? false
            }
            #expect(await mesh.counter("a", "refused", "unknown-host") > 0)
            #expect(mesh.log("a")?.count("unknown-host") ?? 0 > 0)
        }
    }

    @Test func aHostThatShowsAnotherNameThanItWasDialledByIsRefused() async throws {
        let members = members { a, _ in a.certificate = "c" }
        try await TestMesh.run(members) { mesh in
            try await mesh.until("b", "a") {
                $0.lastError == "its certificate is for c, not for a"
            }
            try await mesh.logs("a", "it refused our certificate")
        }
    }

    @Test func anExpiredCertificateIsRefused() async throws {
        // It was good when the daemon began.
        let members = members { _, _ in }
        try await TestMesh.run(members) { mesh in
            try await mesh.linked("a", "b")
            try mesh.issue("old", days: 1, at: Date() - 100 * 86_400)
            try await mesh.dial("a", as: "old")
            try await mesh.logs("a", "its certificate expired on")
        }
    }

    @Test func aCertificateOfAnotherAuthorityIsRefused() async throws {
        try await TestMesh.run(members { _, _ in }) { mesh in
            let folder = CertificateFolder(mesh.directory.path("other"))
            let other = try CertificateAuthority.create()
            try folder.write(other)
            try folder.write(try other.issue(to: "b"), for: "b", renews: false)
            try await mesh.dial(
                "a", certificate: folder.certificatePath(of: "b"), key: folder.keyPath(of: "b"))
            try await mesh.logs("a", "is not signed by our CA")
            #expect(await mesh.counter("a", "refused", "peer-handshake") > 0)
        }
    }

    @Test func aHostWithoutACertificateIsRefused() async throws {
        try await TestMesh.run(members { _, _ in }) { mesh in
            try await mesh.dial("a", certificate: nil, key: nil)
            try await mesh.logs("a", "it showed no certificate")
        }
    }

    @Test func anOlderTLSIsRefused() async throws {
        try await TestMesh.run(members { _, _ in }) { mesh in
            try await mesh.dial("a", as: "b") {
                $0.minimumTLSVersion = .tlsv12
                $0.maximumTLSVersion = .tlsv12
                $0.curves = nil
            }
            try await mesh.logs("a", "it does not speak TLS 1.3")
        }
    }

    @Test func aClassicalKeyExchangeIsRefused() async throws {
        try await TestMesh.run(members { _, _ in }) { mesh in
            try await mesh.dial("a", as: "b") { $0.curves = [.x25519, .secp256r1] }
            try await mesh.logs("a", "it does not offer the key exchange X25519MLKEM768")
        }
    }

    @Test func anotherProtocolOfTheSameAuthorityIsRefused() async throws {
        try await TestMesh.run(members { _, _ in }) { mesh in
            try await mesh.dial("a", as: "b") { $0.applicationProtocols = ["http/1.1"] }
            try await mesh.logs("a", "it does not speak entmesh/1")
        }
    }

    @Test func whoSpeaksNoTLSIsRefusedAndWhoSaysNothingIsCutOff() async throws {
        try await TestMesh.run(members { _, _ in }) { mesh in
            try await mesh.logs("a", "listening for hosts")
            let address = mesh.address(of: "a")
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(host: address.host, port: address.port).get()
            channel.writeAndFlush(ByteBuffer(string: "GET / HTTP/1.1\r\n\r\n"), promise: nil)
            try await mesh.logs("a", "it does not speak TLS")
            let silent = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(host: address.host, port: address.port).get()
            try await silent.closeFuture.get()
            try await mesh.logs("a", "no TLS handshake within 5 s")
            _ = channel
        }
    }

    @Test func oneConnectionStaysOfTwoThatCrossed() async throws {
        let members = members { a, _ in
            a.hosts = []
            a.knows("b", dials: true)
        }
        try await TestMesh.run(members) { mesh in
            try await mesh.linked("a", "b")
            // The smaller name's dial is the one that stays, whichever came first.
            // Until it has, the two may know different ones.
            try await poll {
                let (ours, theirs) = (try await mesh.row("a", "b"), try await mesh.row("b", "a"))
                let counts = (try await mesh["a"].linkCount, try await mesh["b"].linkCount)
                return ours.dialledBy != nil && theirs.dialledBy != nil
                    && ours.dialledBy != theirs.dialledBy && counts == (1, 1)
            }
        }
    }

    @Test func theSecondHostOfANameIsRefused() async throws {
        var copy = Member("copy") { $0.certificate = "b" }
        copy.knows("a", dials: true)
        try await TestMesh.run(members { _, _ in } + [copy]) { mesh in
            try await mesh.until("a", "b") { $0.state == .connected }
            try await poll("one of the two is refused") {
                let errors = [
                    try await mesh.row("b", "a").lastError,
                    try await mesh.row("copy", "a").lastError,
                ]
                return errors.contains { $0?.contains("is our certificate on two hosts?") ?? false }
            }
            #expect(await mesh.counter("a", "refused", "duplicate-host") > 0)
        }
    }

    @Test func aNewCertificateIsUsedFromTheNextHandshakeOnAndNobodyIsDropped() async throws {
        let members = members { _, _ in }
        try await TestMesh.run(members) { mesh in
            try await mesh.linked("a", "b")
            let before = try await mesh.serialNumber(shownBy: "a", to: "b")
            try mesh.issue("a")
            var settings = HostSettings()
            settings.peers = try mesh.peers(of: members[0])
            let identity = try await PeerTLS(settings.peers)
            try await mesh["a"].reload(settings, identity: identity)
            #expect(try await mesh.serialNumber(shownBy: "a", to: "b") != before)
            #expect(try await mesh.row("a", "b").state == .connected)
            #expect(try await mesh["a"].nextLink == 1)
        }
    }

    @Test func theOwnerOfANameStaysWhenWeHaveDialledItAndACopyComes() async throws {
        // The greater name dialled, and its connection is older than any dial that crossed.
        try await TestMesh.run(members { _, _ in }) { mesh in
            try await mesh.linked("a", "b")
            await mesh.pass(.seconds(11))
            try await mesh.logs("b", "listening for hosts")
            try await mesh.dial("b", as: "a")
            #expect(await mesh.counter("b", "refused", "duplicate-host") == 1)
            #expect(try await mesh.row("b", "a").state == .connected)
            #expect(try await mesh["b"].nextLink == 1)
        }
    }

    @Test func aHostThatIsNotThereIsSaidOnceForEachTry() async throws {
        let lonely = Member("b") {
            $0.knows("a", dials: true)
            $0.knows("c") { $0.address = PeerAddress(host: "nobody.invalid") }
        }
        try await TestMesh.run([lonely]) { mesh in
            try await mesh.until("b", "a") { $0.lastError == "nobody listens there" }
            try await mesh.until("b", "c") {
                $0.lastError == "the name nobody.invalid cannot be resolved"
            }
            #expect(mesh.log("b")?.count("TLS handshake") == 0)
        }
    }

    @Test func aHostDoesNotDialItself() async throws {
        let members = members { _, b in
            b.knows("b", dials: true)
        }
        try await TestMesh.run(members) { mesh in
            try await mesh.linked("a", "b")
            try await mesh.until("b", "b") { $0.lastError == "that is this host itself" }
            #expect(try await mesh["b"].nextLink == 1)
        }
    }

    @Test func withoutACertificateThatCanBeUsedGuestsAreServedAndLinksWait() async throws {
        let members = members { _, b in b.certificate = "old" }
        func prepare(_ mesh: TestMesh) throws {
            try mesh.issue("old", days: 1, at: Date() - 100 * 86_400)
        }
        try await TestMesh.run(members, prepare: prepare) { mesh in
            try await mesh.until("b") { status in
                status.warnings.contains { $0.contains("expired on") && $0.contains("--renew") }
            }
            #expect(try await mesh.row("b", "a").state == .off)
            try await mesh.until("b") { $0.tank.level >= 99 }
        }
    }

    @Test func aCertificateThatExpiresSoonIsAWarning() async throws {
        let members = members { a, _ in a.certificate = "a" }
        func prepare(_ mesh: TestMesh) throws { try mesh.issue("a", days: 20) }
        try await TestMesh.run(members, prepare: prepare) { mesh in
            try await mesh.until("a") { status in
                status.warnings.contains { $0.contains("entmesh peer issue a --renew") }
            }
            try await mesh.linked("a", "b")
            #expect(try await mesh["b"].status().warnings.allSatisfy { !$0.contains("renew") })
        }
    }

    @Test func certificatesThatCannotBeUsedAreRefusedWithWhatToDo() async throws {
        let directory = try TestDirectory()
        var settings = PeersSettings()
        settings.certificatePath = directory.path("host.pem")
        settings.keyPath = directory.path("host.key")
        settings.authorityPath = directory.path("ca.pem")
        await #expect {
            try await PeerTLS(settings)
        } throws: { error in
            "\(error)".contains("host.pem") && "\(error)".contains("entmesh peer issue")
        }
    }
}

extension HostNode {
    fileprivate var linkCount: Int { links.count }
}

extension TestMesh {
    func counter(_ name: String, _ counter: String, _ reason: String) async -> UInt64 {
        let rows = try? await self[name].status().counters
        return rows?.first { $0.name == counter && $0.reason == reason }?.count ?? 0
    }

    /// Waits until `name` has logged `text`.
    func logs(
        _ name: String, _ text: String, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try await poll("\(sourceLocation): \(text)") { (log(name)?.count(text) ?? 0) > 0 }
    }

    /// Dials `name` as `certificate`, by a client of our own, and waits for the end.
    func dial(
        _ name: String, as certificate: String,
        _ configure: (inout TLSConfiguration) -> Void = { _ in }
    ) async throws {
        try await dial(
            name, certificate: files.certificatePath(of: certificate),
            key: files.keyPath(of: certificate), configure)
    }

    func dial(
        _ name: String, certificate: String?, key: String?,
        _ configure: (inout TLSConfiguration) -> Void = { _ in }
    ) async throws {
        let channel = try await client(name, certificate, key, configure)
        try? await channel.closeFuture.get()
    }

    /// The serial number of the certificate that `name` shows to a client that is `peer`.
    func serialNumber(shownBy name: String, to peer: String) async throws -> [UInt8] {
        let channel = try await client(
            name, files.certificatePath(of: peer), files.keyPath(of: peer), { _ in })
        // It has a connection already, so this one is refused, after the handshake.
        try? await channel.closeFuture.get()
        return try #require(serials.withLock { $0.last })
    }

    func client(
        _ name: String, _ certificate: String?, _ key: String?,
        _ configure: (inout TLSConfiguration) -> Void
    ) async throws -> any Channel {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .noHostnameVerification
        configuration.trustRoots = .file(files.authorityCertificatePath)
        configuration.curves = [.x25519_MLKEM768]
        configuration.applicationProtocols = [PeerGreeter.applicationProtocol]
        if let certificate, let key {
            configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(certificate)
                .map { .certificate($0) }
            configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: key, format: .pem))
        }
        configure(&configuration)
        let context = try NIOSSLContext(configuration: configuration)
        try await logs(name, "listening for hosts")
        let address = address(of: name)
        return try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        NIOSSLClientHandler(
                            context: context, serverHostname: nil,
                            customVerificationCallback: { chain, promise in
                                let serial = chain.first?.serialNumber ?? []
                                self.serials.withLock { $0.append(serial) }
                                promise.succeed(.certificateVerified)
                            }))
                }
            }
            .connect(host: address.host, port: address.port).get()
    }
}
