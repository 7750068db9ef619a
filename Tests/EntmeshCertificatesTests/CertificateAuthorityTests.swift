// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshCertificates
import Foundation
import Testing
import X509

/// What our own CA makes.
@Suite struct CertificateAuthorityTests {
    private let authority: CertificateAuthority

    init() throws {
        authority = try CertificateAuthority.create(at: Forge.now)
    }

    @Test func aCASignsHostsAndNothingBetween() throws {
        let certificate = authority.certificate
        let extensions = certificate.extensions
        #expect(try extensions.basicConstraints == .isCertificateAuthority(maxPathLength: 0))
        #expect(extensions[oid: .X509ExtensionID.basicConstraints]?.critical == true)
        #expect(try extensions.keyUsage == KeyUsage(keyCertSign: true, cRLSign: true))
        #expect(extensions[oid: .X509ExtensionID.keyUsage]?.critical == true)
        let identifier = try #require(try extensions.subjectKeyIdentifier).keyIdentifier
        #expect(try extensions.authorityKeyIdentifier?.keyIdentifier == identifier)
        #expect(certificate.publicKey.isValidSignature(certificate.signature, for: certificate))
        #expect(certificate.issuer == certificate.subject)
    }

    @Test func itIsGoodForTenYearsAndForClocksThatAreBehind() {
        #expect(authority.certificate.notValidBefore == Forge.now - 300)
        #expect(authority.certificate.notValidAfter == Forge.now + 3650 * 86_400)
        #expect(authority.end == "2037-01-12 08:00:00 UTC")
    }

    @Test func noTwoCAsHaveOneNameNorOneNumber() throws {
        let other = try CertificateAuthority.create(at: Forge.now).certificate
        #expect(other.subject != authority.certificate.subject)
        #expect(other.serialNumber != authority.certificate.serialNumber)
        #expect(authority.certificate.subject.description.hasPrefix("CN=entmesh CA "))
    }

    @Test func aHostsCertificateSaysWhoseItIsAndWhatFor() throws {
        let certificate = try authority.issue(to: "web1", at: Forge.now).certificate
        let extensions = certificate.extensions
        #expect(certificate.subject == (try DistinguishedName { CommonName("web1") }))
        #expect(
            try extensions.subjectAlternativeNames == SubjectAlternativeNames([.dnsName("web1")]))
        #expect(try extensions.extendedKeyUsage == ExtendedKeyUsage([.serverAuth, .clientAuth]))
        #expect(try extensions.keyUsage == KeyUsage(digitalSignature: true))
        #expect(try extensions.basicConstraints == .notCertificateAuthority)
        let issuer = try #require(try authority.certificate.extensions.subjectKeyIdentifier)
        #expect(try extensions.authorityKeyIdentifier?.keyIdentifier == issuer.keyIdentifier)
        #expect(certificate.notValidBefore == Forge.now - 300)
        #expect(certificate.notValidAfter == Forge.now + 365 * 86_400)
    }

    @Test(arguments: HostRole.allCases)
    func aHostOfItIsLetIn(_ role: HostRole) async throws {
        let host = try authority.issue(to: "web1.example.org", at: Forge.now).certificate
        let check = CertificateChainCheck(authorities: [authority.certificate])
        let name = try await check.check(leaf: host, intermediates: [], as: role, at: Forge.now)
        #expect(name == "web1.example.org")
    }

    @Test func everyHostHasAKeyOfItsOwn() throws {
        let first = try authority.issue(to: "web1", at: Forge.now).certificate
        let second = try authority.issue(to: "web1", at: Forge.now).certificate
        #expect(first.publicKey != second.publicKey && first.serialNumber != second.serialNumber)
    }

    @Test func noHostOutlivesItsCA() throws {
        let old = try CertificateAuthority.create(days: 10, at: Forge.now)
        let host = try old.issue(to: "web1", days: 100, at: Forge.now)
        #expect(host.certificate.notValidAfter == old.certificate.notValidAfter)
        #expect(host.end == old.end)
    }

    @Test func anExpiredCAIssuesNothing() throws {
        let old = try CertificateAuthority.create(days: 1, at: Forge.now)
        let error = #expect(throws: IdentityError.self) {
            try old.issue(to: "web1", at: Forge.now + 86_401)
        }
        #expect(
            try #require(error).description
                == "the CA: expired on 2027-01-16 08:00:00 UTC; make another in a new directory: "
                + "entmesh peer init-ca --directory DIRECTORY")
    }

    @Test func aNameThatIsNoneIsRefused() throws {
        let error = #expect(throws: IdentityError.self) { try authority.issue(to: "Web1\n") }
        #expect(
            try #require(error).description
                == "'Web1\\u{a}': may hold only letters a to z, digits, hyphens and dots")
    }
}
