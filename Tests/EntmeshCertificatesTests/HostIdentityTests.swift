// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import Crypto
import EntmeshTestSupport
import Foundation
import SwiftASN1
import Testing
import X509
import _CryptoExtras

@testable import EntmeshCertificates

/// What a daemon reads at its start, and what it says of files that will not do.
@Suite struct HostIdentityTests {
    private let root: TestDirectory
    private let authority: Forge
    private var certificate: String { root.path("web1.pem") }
    private var key: String { root.path("web1.key") }
    private var ca: String { root.path("ca.pem") }

    init() throws {
        root = try TestDirectory()
        authority = try Forge(.authority("our CA"))
    }

    private func write(_ path: String, _ text: String, mode: mode_t = 0o644) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        #expect(chmod(path, mode) == 0)
    }

    /// Writes the three files of `host`.
    private func install(_ host: Forge, above: String = "") throws {
        try write(certificate, try host.pem + above)
        try write(key, try host.keyPEM, mode: 0o600)
        try write(ca, try authority.pem)
    }

    private func load() async throws -> HostIdentity {
        try await HostIdentity.load(
            certificatePath: certificate, keyPath: key, caPath: ca, at: Forge.now)
    }

    private func problem() async throws -> String {
        let error = await #expect(throws: IdentityError.self) { try await load() }
        return try #require(error).description
    }

    // MARK: Good

    @Test func theThreeFilesAreHandedOutForTLS() async throws {
        let host = try Forge(by: authority)
        try install(host)
        let identity = try await load()
        #expect(identity.name == "web1")
        #expect(identity.certificates == [host.certificate])
        #expect(identity.certificatesDER == [try host.der])
        #expect(identity.authorities == [authority.certificate])
        #expect(identity.authoritiesDER == [try authority.der])
        #expect(String(decoding: identity.privateKeyPEM, as: UTF8.self) == (try host.keyPEM))
        #expect(identity.notValidAfter == host.certificate.notValidAfter)
    }

    @Test func itJudgesOthersByTheSameCAs() async throws {
        try install(try Forge(by: authority))
        let other = try Forge(Wish(names: [.dnsName("db1")]), by: authority).certificate
        let name = try await load().chainCheck.check(
            leaf: other, intermediates: [], as: .client, at: Forge.now)
        #expect(name == "db1")
    }

    @Test func theFileMayHoldWhatIsBetweenAndTheCAsMayBeSeveral() async throws {
        let between = try Forge(.authority("between"), by: authority)
        let host = try Forge(by: between)
        try install(host, above: try between.pem)
        try write(ca, "# two\n" + (try Forge(.authority("next")).pem) + (try authority.pem))
        let identity = try await load()
        #expect(identity.certificates == [host.certificate, between.certificate])
        #expect(identity.authorities.count == 2)
    }

    @Test func keysOfP384AndRSAWillDo() async throws {
        for key in [
            Certificate.PrivateKey(P384.Signing.PrivateKey()),
            Certificate.PrivateKey(try _RSA.Signing.PrivateKey(keySize: .bits2048)),
        ] {
            try install(try Forge(by: authority, key: key))
            #expect(try await load().name == "web1")
        }
    }

    // MARK: Files

    @Test func aFileThatIsNotThereIsToldHowToMake() async throws {
        let host = try Forge(by: authority)
        for path in [certificate, key, ca] {
            try install(host)
            try FileManager.default.removeItem(atPath: path)
            let remedy =
                path == ca
                ? "copy the CA's ca.pem there, or make a CA with: entmesh peer init-ca"
                : "make one with: entmesh peer issue NAME"
            #expect(try await problem() == "\(path): there is no such file; \(remedy)")
        }
    }

    @Test func aCredentialOfTheServiceManagerIsNotTakenForAKeyThatIsShared() {
        let credential = FileFacts(mode: 0o100440, owner: 0, group: 0)
        #expect(credential.isSharedAtAll && credential.isLent(to: 123))
        // Root could read it anyway: for root it is a key like any other.
        #expect(!credential.isLent(to: 0))
        #expect(!FileFacts(mode: 0o100440, owner: 0, group: 123).isLent(to: 123))
        #expect(!FileFacts(mode: 0o100440, owner: 123, group: 0).isLent(to: 123))
        #expect(!FileFacts(mode: 0o100444, owner: 0, group: 0).isLent(to: 123))
        #expect(!FileFacts(mode: 0o100460, owner: 0, group: 0).isLent(to: 123))
    }

    @Test(arguments: [0o640, 0o604, 0o620, 0o666, 0o601] as [mode_t])
    func aKeyThatOthersMayUseIsRefused(_ mode: mode_t) async throws {
        try install(try Forge(by: authority))
        #expect(chmod(key, mode) == 0)
        #expect(
            try await problem()
                == "\(key): is a key that others may read or write; type: chmod 0600 \(key)")
    }

    @Test func aCAThatAnybodyMayReplaceIsRefused() async throws {
        try install(try Forge(by: authority))
        #expect(chmod(ca, 0o646) == 0)
        #expect(try await problem() == "\(ca): may be written by anybody; type: chmod o-w \(ca)")
    }

    @Test func whatIsNoPEMIsRefused() async throws {
        let host = try Forge(by: authority)
        let begin = "-----BEGIN CERTIFICATE-----\n"
        let end = "-----END CERTIFICATE-----\n"
        for (text, words) in [
            ("", "holds no certificate in PEM"), ("hello\n", "holds no certificate in PEM"),
            (begin, "is no PEM: make one with: entmesh peer issue NAME"),
            (begin + "!!!!\n" + end, "is no PEM: make one with: entmesh peer issue NAME"),
            (begin + "AAAA\n" + end, "holds a certificate that cannot be read"),
            (try host.keyPEM, "holds no certificate in PEM"),
            (String(repeating: "x", count: 65_537), "has more than 65536 bytes"),
        ] {
            try install(host)
            try write(certificate, text)
            #expect(try await problem() == "\(certificate): \(words)")
        }
        try install(host)
        try FileManager.default.removeItem(atPath: certificate)
        try FileManager.default.createDirectory(
            atPath: certificate, withIntermediateDirectories: false)
        #expect(try await problem() == "\(certificate): is no file")
    }

    @Test func aKeyFileHoldsOneKeyThatIsNotEncrypted() async throws {
        let host = try Forge(by: authority)
        let encrypted = try host.keyPEM.replacingOccurrences(
            of: "PRIVATE KEY", with: "ENCRYPTED PRIVATE KEY")
        let broken = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
        for (text, words) in [
            (try host.pem, "holds 0 private keys in PEM, not one"),
            (try host.keyPEM + host.keyPEM, "holds 2 private keys in PEM, not one"),
            (
                encrypted,
                "is encrypted, and nobody is there to type a passphrase: openssl pkey -in "
                    + "\(key) -out NEW"
            ),
            (broken, "holds a private key that cannot be read; P-256, P-384 and RSA can"),
        ] {
            try install(host)
            try write(key, text, mode: 0o600)
            #expect(try await problem() == "\(key): \(words)")
        }
    }

    // MARK: What does not go together

    @Test func aKeyOfAnotherCertificateIsRefused() async throws {
        try install(try Forge(by: authority))
        try write(key, try Forge().keyPEM, mode: 0o600)
        #expect(
            try await problem()
                == "\(key): is not the key of \(certificate); copy both from one run of: entmesh "
                + "peer issue NAME")
    }

    @Test func aKeyThatPeersWouldNotTakeIsRefusedBeforeTheyDo() async throws {
        for odd in [
            Certificate.PrivateKey(Curve25519.Signing.PrivateKey()),
            Certificate.PrivateKey(P521.Signing.PrivateKey()),
        ] {
            try install(try Forge(by: authority, key: odd))
            #expect(
                try await problem()
                    == "\(key): is no key for TLS here; P-256, P-384 and RSA are")
        }
    }

    @Test func anExpiredCertificateIsToldHowToRenew() async throws {
        try install(try Forge(Wish(until: Forge.now - 1), by: authority))
        #expect(
            try await problem()
                == "\(certificate): expired on 2027-01-15 07:59:59 UTC; make a new one with: "
                + "entmesh peer issue web1 --renew")
    }

    @Test func aCertificateOfTheFutureIsNoReasonToMakeAnother() async throws {
        try install(try Forge(Wish(from: Forge.now + 60), by: authority))
        #expect(
            try await problem()
                == "\(certificate): is not valid before 2027-01-15 08:01:00 UTC; is a clock wrong?")
    }

    @Test func aCertificateOfAnotherCANamesBoth() async throws {
        try install(try Forge(by: try Forge(.authority("their CA"))))
        #expect(
            try await problem()
                == "\(certificate): is not signed by our CA (issuer: CN=their CA), whose "
                + "certificate is \(ca); make one with: entmesh peer issue web1, or copy ca.pem "
                + "from the CA that made it")
    }

    @Test func aCertificateThatIsForOneRoleOnlyIsRefused() async throws {
        for (usage, lack) in [
            (ExtendedKeyUsage.Usage.serverAuth, "clientAuth"), (.clientAuth, "serverAuth"),
        ] {
            try install(try Forge(Wish(usages: [usage]), by: authority))
            #expect(
                try await problem()
                    == "\(certificate): is not for hosts (extended key usage lacks \(lack)); make "
                    + "one with: entmesh peer issue web1")
        }
    }

    @Test func aCAThatDemandsWhatNobodyKnowsIsRefused() async throws {
        var wish = Wish.authority("odd CA")
        wish.more = [Certificate.Extension(oid: [1, 2, 3, 4], critical: true, value: [5, 0])]
        let odd = try Forge(wish)
        try install(try Forge(by: odd))
        try write(ca, try odd.pem)
        #expect(
            try await problem()
                == "\(ca): holds a critical extension that is not understood (1.2.3.4)")
    }

    @Test func aHostsCertificateIsNoCA() async throws {
        let host = try Forge(by: authority)
        try install(host)
        try write(ca, try authority.pem + host.pem)
        #expect(
            try await problem()
                == "\(ca): holds a certificate that is no CA's; copy the CA's ca.pem there, or "
                + "make a CA with: entmesh peer init-ca")
    }
}
