// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshCertificates
import EntmeshTestSupport
import Foundation
import Testing

/// The files of a CA.
@Suite struct CertificateFolderTests {
    private let root: TestDirectory
    private let directory: CertificateFolder
    private let authority: CertificateAuthority

    init() throws {
        root = try TestDirectory()
        directory = CertificateFolder(root.path("etc/peers"))
        authority = try CertificateAuthority.create()
    }

    private func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    private func text(_ path: String) throws -> String {
        try String(contentsOfFile: path, encoding: .utf8)
    }

    private func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
    }

    private func issue(_ name: String, renews: Bool = false) throws {
        try directory.write(try authority.issue(to: name), for: name, renews: renews)
    }

    private func problem(_ body: () throws -> Void) throws -> String {
        let error = #expect(throws: IdentityError.self) { try body() }
        return try #require(error).description
    }

    @Test func keysAreForTheirOwnerOnly() throws {
        try directory.write(authority)
        try issue("web1")
        #expect(try mode(directory.path) == 0o700)
        for name in ["ca", "web1"] {
            #expect(try mode(directory.keyPath(of: name)) == 0o600)
            #expect(try mode(directory.certificatePath(of: name)) == 0o644)
        }
        #expect(try names() == ["ca.key", "ca.pem", "web1.key", "web1.pem"])
    }

    @Test func aCAIsReadAsItWasWritten() async throws {
        try directory.write(authority)
        let read = try directory.authority()
        #expect(read.certificate == authority.certificate)
        let host = try read.issue(to: "web1").certificate
        let check = CertificateChainCheck(authorities: [authority.certificate])
        #expect(
            try await check.check(leaf: host, intermediates: [], as: .server, at: Date()) == "web1")
    }

    @Test func aCAIsNeverOverwritten() throws {
        try directory.write(authority)
        for kept in [directory.authorityCertificatePath, directory.authorityKeyPath] {
            let before = try text(kept)
            let words = try problem { try directory.write(try CertificateAuthority.create()) }
            #expect(words.contains("there is a CA already"))
            #expect(words.contains("entmesh peer issue NAME --directory \(directory.path)"))
            #expect(try text(kept) == before)
        }
        // Half of one is one.
        try FileManager.default.removeItem(atPath: directory.authorityKeyPath)
        #expect(try problem { try directory.write(authority) }.contains("there is a CA already"))
        #expect(try names() == ["ca.pem"])
    }

    @Test(arguments: ["pem", "key"])
    func aHostsFilesAreNotOverwrittenUnasked(_ suffix: String) throws {
        try directory.write(authority)
        let path = "\(directory.path)/web1.\(suffix)"
        // Even a link that leads nowhere is something.
        try FileManager.default.createSymbolicLink(
            atPath: path, withDestinationPath: root.path("nowhere"))
        #expect(
            try problem { try issue("web1") }
                == "\(path): is there already; to replace it: entmesh peer issue web1 --renew "
                + "--directory \(directory.path)")
        #expect(try names() == ["ca.key", "ca.pem", "web1.\(suffix)"])
        #expect(!FileManager.default.fileExists(atPath: root.path("nowhere")))
    }

    @Test func renewingReplacesBothAndLeavesNothingElse() async throws {
        try directory.write(authority)
        try issue("web1")
        let before = (
            try text(directory.certificatePath(of: "web1")), try text(directory.keyPath(of: "web1"))
        )
        // What an interrupted run left.
        try Data("x".utf8).write(to: URL(fileURLWithPath: directory.keyPath(of: "web1") + ".new"))
        try issue("web1", renews: true)
        #expect(try text(directory.certificatePath(of: "web1")) != before.0)
        #expect(try text(directory.keyPath(of: "web1")) != before.1)
        #expect(try names() == ["ca.key", "ca.pem", "web1.key", "web1.pem"])
        #expect(try mode(directory.keyPath(of: "web1")) == 0o600)
        let identity = try await HostIdentity.load(
            certificatePath: directory.certificatePath(of: "web1"),
            keyPath: directory.keyPath(of: "web1"), caPath: directory.authorityCertificatePath)
        #expect(identity.name == "web1")
    }

    @Test func aRenewalThatFailsBringsTheOldKeyBack() throws {
        try directory.write(authority)
        try issue("web1")
        let key = try text(directory.keyPath(of: "web1"))
        // A file cannot take a directory's place.
        let certificate = directory.certificatePath(of: "web1")
        try FileManager.default.removeItem(atPath: certificate)
        try FileManager.default.createDirectory(
            atPath: certificate, withIntermediateDirectories: false)
        let words = try problem { try issue("web1", renews: true) }
        #expect(words == "\(certificate): cannot replace it: Is a directory")
        #expect(try text(directory.keyPath(of: "web1")) == key)
        #expect(try names() == ["ca.key", "ca.pem", "web1.key", "web1.pem"])
    }

    @Test func whatIsNotThereCanBeRenewedToo() throws {
        try directory.write(authority)
        try issue("web1", renews: true)
        #expect(try names() == ["ca.key", "ca.pem", "web1.key", "web1.pem"])
    }

    @Test func noHostIsCalledAsTheCAsFilesAre() throws {
        try directory.write(authority)
        #expect(
            try problem { try issue("ca", renews: true) }
                == "'ca': is what the CA's own files are called")
        #expect(
            try problem { try directory.checkPlace(for: "../x", renews: true) }
                == "'../x': may hold only letters a to z, digits, hyphens and dots")
    }

    @Test func aDirectoryThatOthersMayWriteHoldsNoCA() throws {
        let open = CertificateFolder(root.path("open/"))
        try FileManager.default.createDirectory(
            atPath: open.path, withIntermediateDirectories: false)
        #expect(chmod(open.path, 0o777) == 0)
        #expect(
            try problem { try open.write(authority) }
                == "\(open.path): may be written by others; type: chmod 0700 \(open.path)")
        let file = CertificateFolder(root.path("file"))
        try Data().write(to: URL(fileURLWithPath: file.path))
        #expect(try problem { try file.write(authority) } == "\(file.path): is no directory")
    }

    @Test func whereNothingCanBeMadeTheReasonIsSaid() throws {
        #expect(
            try problem { try CertificateFolder("/proc/x/y").write(authority) }
                == "/proc/x: cannot make it: No such file or directory")
    }

    @Test func withoutACATheFirstStepIsSaid() throws {
        #expect(
            try problem { _ = try directory.authority() }
                == "\(directory.authorityCertificatePath): there is no such file; make a CA with: "
                + "entmesh peer init-ca --directory \(directory.path)")
    }

    @Test func aCAThatIsNotWholeIsNotUsed() throws {
        try directory.write(authority)
        let (certificate, key) = (directory.authorityCertificatePath, directory.authorityKeyPath)
        #expect(chmod(key, 0o640) == 0)
        #expect(
            try problem { _ = try directory.authority() }
                == "\(key): is a key that others may read or write; type: chmod 0600 \(key)")
        let other = try Forge(.authority("other"))
        try replace(key, try other.keyPEM, mode: 0o600)
        #expect(
            try problem { _ = try directory.authority() }
                == "\(key): is not the key of \(certificate)")
        try replace(certificate, try Forge().pem, mode: 0o644)
        #expect(
            try problem { _ = try directory.authority() }
                == "\(certificate): is not one CA's certificate")
    }

    private func replace(_ path: String, _ text: String, mode: mode_t) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        #expect(chmod(path, mode) == 0)
    }
}
