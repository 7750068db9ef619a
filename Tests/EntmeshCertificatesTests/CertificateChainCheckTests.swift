// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import Crypto
import EntmeshCertificates
import Foundation
import SwiftASN1
import Testing
import X509
import _CryptoExtras

/// Who is let in, and in which words everybody else is not.
@Suite struct CertificateChainCheckTests {
    private let authority: Forge
    private let check: CertificateChainCheck

    init() throws {
        authority = try Forge(.authority("our CA"))
        check = CertificateChainCheck(authorities: [authority.certificate])
    }

    /// What is wrong with `leaf`, in words; nil if nothing is.
    private func problem(
        _ leaf: Forge, _ intermediates: [Forge] = [], as role: HostRole = .server,
        at now: Date = Forge.now
    ) async -> String? {
        do throws(CertificateProblem) {
            _ = try await check.check(
                leaf: leaf.certificate, intermediates: intermediates.map(\.certificate), as: role,
                at: now)
            return nil
        } catch {
            return error.description
        }
    }

    // MARK: Let in

    @Test(arguments: HostRole.allCases)
    func aHostOfOursIsLetInByItsName(_ role: HostRole) async throws {
        let host = try Forge(Wish(names: [.dnsName("Web1.Example")]), by: authority)
        let name = try await check.check(
            leaf: host.certificate, intermediates: [], as: role, at: Forge.now)
        #expect(name == "web1.example")
    }

    @Test func itIsGoodFromItsFirstSecondToItsLast() async throws {
        let wish = Wish()
        let host = try Forge(wish, by: authority)
        #expect(await problem(host, at: wish.from) == nil)
        #expect(await problem(host, at: wish.until) == nil)
    }

    @Test func aChainMayComeInDER() async throws {
        let above = try Forge(.authority("between"), by: authority)
        let host = try Forge(by: above)
        let chain = [try host.der, try above.der]
        #expect(try await check.check(chain: chain, as: .client, at: Forge.now) == "web1")
    }

    @Test func whatSignsItMayComeWithItInAnyOrder() async throws {
        let upper = try Forge(.authority("upper"), by: authority)
        let lower = try Forge(.authority("lower"), by: upper)
        let host = try Forge(by: lower)
        #expect(await problem(host, [upper, lower]) == nil)
        #expect(await problem(host, [lower, upper, authority]) == nil)
    }

    @Test func whileACAIsReplacedBothAreBelieved() async throws {
        let next = try Forge(.authority("next CA"))
        let both = CertificateChainCheck(authorities: [authority.certificate, next.certificate])
        for issuer in [authority, next] {
            let host = try Forge(by: issuer).certificate
            let name = try await both.check(
                leaf: host, intermediates: [], as: .server, at: Forge.now)
            #expect(name == "web1")
        }
    }

    @Test func anAddressBesideTheNameDoesNoHarm() async throws {
        let address = GeneralName.ipAddress(ASN1OctetString(contentBytes: [127, 0, 0, 1]))
        let host = try Forge(Wish(names: [address, .dnsName("web1")]), by: authority)
        #expect(await problem(host) == nil)
    }

    // MARK: Time

    @Test func anExpiredOneIsToldWhen() async throws {
        let host = try Forge(Wish(until: Forge.now - 1), by: authority)
        #expect(await problem(host) == "expired on 2027-01-15 07:59:59 UTC")
    }

    @Test func oneOfTheFutureIsToldWhenAndAskedForTheClock() async throws {
        let host = try Forge(Wish(from: Forge.now + 60), by: authority)
        #expect(
            await problem(host) == "is not valid before 2027-01-15 08:01:00 UTC; is a clock wrong?")
    }

    @Test func anExpiredCAIsNamed() async throws {
        let host = try Forge(Wish(until: Forge.now + 8_640_000), by: authority)
        #expect(
            await problem(host, at: Forge.now + 864_001)
                == "is signed by CN=our CA, which is not valid now: it ends on "
                + "2027-01-25 08:00:00 UTC")
    }

    // MARK: Who signed it

    @Test func aStrangersCAIsNamed() async throws {
        let host = try Forge(by: try Forge(.authority("their CA")))
        #expect(await problem(host) == "is not signed by our CA (issuer: CN=their CA)")
    }

    @Test func aCAOfTheSameNameIsNotOurs() async throws {
        let impostor = try Forge(.authority("our CA"))
        let host = try Forge(by: impostor)
        #expect(await problem(host) == "is not signed by our CA (issuer: CN=our CA)")
        #expect(await problem(host, [impostor]) == "is not signed by our CA (issuer: CN=our CA)")
    }

    @Test func oneThatSignedItselfIsToldSo() async throws {
        let words = "is not signed by our CA (it signed itself)"
        #expect(await problem(try Forge()) == words)
        #expect(await problem(try Forge(.authority("x"))) == words)
    }

    @Test func aHostCannotSignOthers() async throws {
        let host = try Forge(by: authority)
        let guest = try Forge(Wish(subject: "evil", names: [.dnsName("web2")]), by: host)
        #expect(
            await problem(guest, [host])
                == "is signed by a certificate that must not sign others (CN=web1)")
    }

    @Test func norCanOneOfVersion1() async throws {
        let old = try Forge(Wish(subject: "old", version: .v1), by: authority)
        let guest = try Forge(by: old)
        #expect(
            await problem(guest, [old])
                == "is signed by a certificate that must not sign others (CN=old)")
    }

    @Test func norACAWhoseKeyMustNotSignCertificates() async throws {
        var wish = Wish.authority("lame")
        wish.keyUsage = KeyUsage(digitalSignature: true)
        let lame = try Forge(wish, by: authority)
        #expect(
            await problem(try Forge(by: lame), [lame])
                == "is signed by a certificate that must not sign others (CN=lame)")
    }

    @Test func theCAsPathLengthIsKept() async throws {
        let short = try Forge(.authority("short", maxPathLength: 0))
        let between = try Forge(.authority("between"), by: short)
        let host = try Forge(by: between)
        let check = CertificateChainCheck(authorities: [short.certificate])
        let error = await #expect(throws: CertificateProblem.self) {
            try await check.check(
                leaf: host.certificate, intermediates: [between.certificate], as: .server,
                at: Forge.now)
        }
        let words = try #require(error).description
        #expect(words.hasPrefix("is forbidden by RFC 5280 (") && words.utf8.count < 100)
    }

    @Test func sha1IsNotEnough() async throws {
        let key = Certificate.PrivateKey(try _RSA.Signing.PrivateKey(keySize: .bits2048))
        var wish = Wish.authority("RSA CA")
        wish.algorithm = .sha256WithRSAEncryption
        let rsa = try Forge(wish, key: key)
        let check = CertificateChainCheck(authorities: [rsa.certificate])
        let good = try Forge(Wish(algorithm: .sha256WithRSAEncryption), by: rsa).certificate
        #expect(
            try await check.check(leaf: good, intermediates: [], as: .server, at: Forge.now)
                == "web1")
        let weak = try Forge(Wish(algorithm: .sha1WithRSAEncryption), by: rsa).certificate
        await #expect(throws: CertificateProblem.weakSignature) {
            try await check.check(leaf: weak, intermediates: [], as: .server, at: Forge.now)
        }
        #expect(
            "\(CertificateProblem.weakSignature)" == "is signed with SHA-1, which can be forged")
    }

    // MARK: What it is for

    @Test func oneThatIsNotForHostsIsRefusedInTheRoleItIsNotFor() async throws {
        let server = try Forge(Wish(usages: [.serverAuth]), by: authority)
        #expect(await problem(server, as: .server) == nil)
        #expect(
            await problem(server, as: .client)
                == "is not for hosts (extended key usage lacks clientAuth)")
        let client = try Forge(Wish(usages: [.clientAuth]), by: authority)
        #expect(await problem(client, as: .client) == nil)
        let lacksServer = "is not for hosts (extended key usage lacks serverAuth)"
        #expect(await problem(client, as: .server) == lacksServer)
        for usages in [nil, [.emailProtection], [.any]] as [[ExtendedKeyUsage.Usage]?] {
            #expect(await problem(try Forge(Wish(usages: usages), by: authority)) == lacksServer)
        }
        let old = try Forge(Wish(version: .v1), by: authority)
        #expect(await problem(old) == lacksServer)
    }

    @Test func aKeyThatMustNotSignIsRefused() async throws {
        let wish = Wish(keyUsage: KeyUsage(keyEncipherment: true))
        #expect(
            await problem(try Forge(wish, by: authority))
                == "is not for hosts (key usage lacks digitalSignature)")
        #expect(await problem(try Forge(Wish(keyUsage: nil), by: authority)) == nil)
    }

    @Test func aCAIsNoHost() async throws {
        var wish = Wish(constraints: .isCertificateAuthority(maxPathLength: nil))
        wish.keyUsage = KeyUsage(digitalSignature: true, keyCertSign: true)
        #expect(await problem(try Forge(wish, by: authority)) == "is a CA's, not a host's")
        #expect(await problem(authority) == "is a CA's, not a host's")
    }

    @Test func aCriticalExtensionThatNobodyKnowsIsRefused() async throws {
        let unknown = Certificate.Extension(oid: [1, 2, 3, 4], critical: true, value: [5, 0])
        #expect(
            await problem(try Forge(Wish(more: [unknown]), by: authority))
                == "holds a critical extension that is not understood (1.2.3.4)")
    }

    private static let read: [ASN1ObjectIdentifier] = [
        .X509ExtensionID.basicConstraints, .X509ExtensionID.extendedKeyUsage,
        .X509ExtensionID.keyUsage, .X509ExtensionID.subjectAlternativeName,
    ]

    @Test(arguments: read)
    func anExtensionThatIsNoneIsRefused(_ identifier: ASN1ObjectIdentifier) async throws {
        let host = try Forge(Wish().withBroken(identifier), by: authority)
        #expect(await problem(host) == "is no readable X.509 certificate")
    }

    @Test(arguments: [
        ASN1ObjectIdentifier.X509ExtensionID.basicConstraints, .X509ExtensionID.keyUsage,
    ])
    func aCAWithAnExtensionThatIsNoneSignsNobody(_ identifier: ASN1ObjectIdentifier) async throws {
        let broken = try Forge(Wish.authority("broken").withBroken(identifier), by: authority)
        #expect(
            await problem(try Forge(by: broken), [broken])
                == "is signed by a certificate that must not sign others (CN=broken)")
    }

    // MARK: Whose it is

    @Test func withoutANameNobodyIsMeant() async throws {
        let words = "has no host name (subjectAltName DNS)"
        #expect(await problem(try Forge(Wish(names: nil), by: authority)) == words)
        let mail = Wish(names: [.rfc822Name("web1@example.org")])
        #expect(await problem(try Forge(mail, by: authority)) == words)
    }

    @Test func withTwoNamesItIsNotClearWho() async throws {
        let wish = Wish(names: [.dnsName("web1"), .dnsName("web2")])
        #expect(
            await problem(try Forge(wish, by: authority))
                == "has more than one host name (subjectAltName DNS)")
    }

    @Test func aWildcardIsNotOneHost() async throws {
        let wish = Wish(names: [.dnsName("*.example.org")])
        #expect(
            await problem(try Forge(wish, by: authority))
                == "is for many hosts (*.example.org), not for one")
    }

    @Test func aNameThatIsNoneIsShownEscapedAndShort() async throws {
        let odd = try Forge(Wish(names: [.dnsName("web\u{1B}[2J_")]), by: authority)
        #expect(
            await problem(odd)
                == "is for 'web\\u{1b}[2j_', which may hold only letters a to z, digits, hyphens "
                + "and dots")
        let long = String(repeating: "x", count: 1000)
        #expect(
            await problem(try Forge(Wish(names: [.dnsName(long)]), by: authority))
                == "is for '\(long.prefix(61))...', which has more than 64 characters")
    }

    @Test func whatAStrangersCAIsCalledIsShownEscapedAndShort() async throws {
        let name = "\u{1B}[2Jevil\u{7}" + String(repeating: "é", count: 200)
        let words = try #require(await problem(try Forge(by: try Forge(.authority(name)))))
        #expect(words.hasPrefix("is not signed by our CA (issuer: CN=\\u{1b}[2Jevil\\u{7}é"))
        #expect(words.hasSuffix("é...)"))
        #expect(words.utf8.count <= "is not signed by our CA (issuer: )".utf8.count + 64)
    }

    // MARK: Bounds

    @Test func onlySoManyMayComeWithIt() async throws {
        let host = try Forge(by: authority)
        #expect(await problem(host, Array(repeating: host, count: 4)) == nil)
        #expect(
            await problem(host, Array(repeating: host, count: 5))
                == "came with more than 4 certificates above it")
        let chain = Array(repeating: try host.der, count: 6)
        await #expect(throws: CertificateProblem.tooManyIntermediates(limit: 4)) {
            try await check.check(chain: chain, as: .server, at: Forge.now)
        }
    }

    @Test(arguments: [[], [[]], [[0x30]], [[UInt8](repeating: 0xFF, count: 1000)]] as [[[UInt8]]])
    func whatIsNoCertificateIsRefused(_ chain: [[UInt8]]) async throws {
        await #expect(throws: CertificateProblem.unreadable) {
            try await check.check(chain: chain, as: .server, at: Forge.now)
        }
    }

    @Test func aCertificateThatWasChangedIsRefused() async throws {
        let bytes = try Forge(by: authority).der
        for index in stride(from: 0, to: bytes.count, by: 7) {
            var changed = bytes
            changed[index] ^= 1
            await #expect(throws: CertificateProblem.self, "byte \(index)") {
                try await check.check(chain: [changed], as: .server, at: Forge.now)
            }
        }
    }
}
