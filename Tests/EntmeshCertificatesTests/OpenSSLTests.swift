// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshCertificates
import EntmeshTestSupport
import Foundation
import Testing

private let openssl = "/usr/bin/openssl"
private let hasOpenSSL = FileManager.default.isExecutableFile(atPath: openssl)

/// Another implementation's opinion of ours, and ours of what it makes.
@Suite(.enabled(if: hasOpenSSL, "takes openssl(1)"), .timeLimit(.minutes(5)))
struct OpenSSLTests {
    private let root: TestDirectory
    private let directory: CertificateFolder

    init() throws {
        root = try TestDirectory()
        directory = CertificateFolder(root.path("peers"))
        let authority = try CertificateAuthority.create()
        try directory.write(authority)
        try directory.write(try authority.issue(to: "web1"), for: "web1", renews: false)
    }

    private func run(_ arguments: String...) async throws -> String {
        let child = try Child([openssl] + arguments, log: root.path("out"))
        _ = await child.status()
        return child.log
    }

    @Test(arguments: ["sslserver", "sslclient"])
    func itTakesAHostOfOursForBothRoles(_ purpose: String) async throws {
        let certificate = directory.certificatePath(of: "web1")
        let verdict = try await run(
            "verify", "-x509_strict", "-check_ss_sig", "-purpose", purpose, "-CAfile",
            directory.authorityCertificatePath, certificate)
        #expect(verdict == "\(certificate): OK\n")
    }

    @Test func itReadsWhatAHostOfOursIsFor() async throws {
        let text = try await run(
            "x509", "-in", directory.certificatePath(of: "web1"), "-noout", "-text", "-purpose")
        for line in [
            "Subject: CN = web1", "TLS Web Server Authentication, TLS Web Client Authentication",
            "DNS:web1", "CA:FALSE", "Digital Signature", "SSL client : Yes", "SSL client CA : No",
            "SSL server : Yes", "SSL server CA : No", "S/MIME signing : No",
            "Signature Algorithm: ecdsa-with-SHA256", "ASN1 OID: prime256v1",
        ] {
            #expect(text.contains(line), "\(line)")
        }
    }

    @Test func itReadsWhatACAOfOursMaySign() async throws {
        let text = try await run(
            "x509", "-in", directory.authorityCertificatePath, "-noout", "-text", "-purpose")
        for line in [
            "X509v3 Basic Constraints: critical", "CA:TRUE, pathlen:0",
            "X509v3 Key Usage: critical", "Certificate Sign, CRL Sign", "SSL server CA : Yes",
            "SSL server : No",
        ] {
            #expect(text.contains(line), "\(line)")
        }
    }

    @Test func itReadsOurKeys() async throws {
        let text = try await run(
            "pkey", "-in", directory.keyPath(of: "web1"), "-check", "-noout")
        #expect(text.contains("Key is valid"))
    }

    @Test func whatThePageSaysOfBringingYourOwnWorks() async throws {
        let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../docs/peers.md")
        let text = try String(contentsOf: page, encoding: .utf8)
        let section = try #require(text.range(of: "\n### Bring your own\n"))
        let begin = try #require(text[section.upperBound...].range(of: "```sh\n"))
        let end = try #require(text[begin.upperBound...].range(of: "\n```"))
        let commands = "set -e\ncd \(root.root)\n" + text[begin.upperBound..<end.lowerBound]
        let child = try Child(["/bin/sh", "-c", commands], log: root.path("out"))
        #expect(await child.status() == 0, "\(child.log)")
        let identity = try await HostIdentity.load(
            certificatePath: root.path("web1.pem"), keyPath: root.path("web1.key"),
            caPath: root.path("ca.pem"))
        #expect(identity.name == "web1")
        // A CA that was brought can issue here too.
        try FileManager.default.createDirectory(
            atPath: root.path("own"), withIntermediateDirectories: false)
        for name in ["ca.pem", "ca.key"] {
            try FileManager.default.copyItem(
                atPath: root.path(name), toPath: root.path("own/\(name)"))
        }
        let authority = try CertificateFolder(root.path("own")).authority()
        let host = try authority.issue(to: "web2").certificate
        let name = try await identity.chainCheck.check(
            leaf: host, intermediates: [], as: .client, at: Date())
        #expect(name == "web2")
    }
}
