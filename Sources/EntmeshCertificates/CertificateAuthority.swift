// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import Crypto
internal import EntmeshControl
public import Foundation
internal import SwiftASN1
public import X509

/// The operator's certificate authority: what makes a machine one of our hosts.
///
/// It signs hosts only (path length 0), with P-256 and SHA-256.
public struct CertificateAuthority: Sendable {
    /// How long one is valid, in days.
    public static let defaultDays = 3650
    /// How long a host's certificate is valid, in days.
    public static let defaultHostDays = 365
    /// The longest that is given to either, in days: a slip of a digit is refused.
    public static let mostDays = 7300
    /// How far back a new certificate is valid, in seconds: clocks of hosts differ.
    public static let backdating: TimeInterval = 300

    /// Its own certificate, which every host has.
    public let certificate: Certificate
    /// Its key, which never leaves it.
    let key: Certificate.PrivateKey
    /// When it expires, for people.
    public var end: String { ForeignText.shown(certificate.notValidAfter) }

    /// A certificate and the key that goes with it.
    public struct Issued: Sendable {
        /// The certificate.
        public let certificate: Certificate
        let key: Certificate.PrivateKey
        /// When it expires, for people.
        public var end: String { ForeignText.shown(certificate.notValidAfter) }
    }

    /// Makes a new one, in memory.
    public static func create(
        days: Int = defaultDays, at now: Date = Date()
    ) throws(IdentityError) -> CertificateAuthority {
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let identifier = SubjectKeyIdentifier(hash: key.publicKey)
        // Two CAs must not have one name: whoever looks for an issuer goes by it.
        let tag = identifier.keyIdentifier.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return try building("a CA") {
            let name = try DistinguishedName {
                CommonName("entmesh CA \(String(tag, radix: 16))")
            }
            let certificate = try Certificate(
                version: .v3, serialNumber: .init(), publicKey: key.publicKey,
                notValidBefore: now - backdating, notValidAfter: end(of: days, from: now),
                issuer: name, subject: name,
                extensions: Certificate.Extensions {
                    Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                    Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                    identifier
                    AuthorityKeyIdentifier(keyIdentifier: identifier.keyIdentifier)
                }, issuerPrivateKey: key)
            return CertificateAuthority(certificate: certificate, key: key)
        }
    }

    /// Makes a key and a certificate for the host `name`, in memory.
    ///
    /// It ends with the CA's own certificate at the latest.
    public func issue(
        to name: String, days: Int = defaultHostDays, at now: Date = Date()
    ) throws(IdentityError) -> Issued {
        if let problem = HostName.problem(with: name) {
            throw IdentityError("'\(ForeignText.shown(name))'", problem)
        }
        guard now <= certificate.notValidAfter else {
            throw IdentityError(
                "the CA",
                "expired on \(ForeignText.shown(certificate.notValidAfter)); make another in a new "
                    + "directory: entmesh peer init-ca --directory DIRECTORY")
        }
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let last = min(Self.end(of: days, from: now), certificate.notValidAfter)
        return try Self.building("a certificate for \(name)") {
            let made = try Certificate(
                version: .v3, serialNumber: .init(), publicKey: key.publicKey,
                notValidBefore: now - Self.backdating, notValidAfter: last,
                issuer: certificate.subject, subject: DistinguishedName { CommonName(name) },
                extensions: try extensions(for: name, key.publicKey), issuerPrivateKey: self.key)
            return Issued(certificate: made, key: key)
        }
    }

    private func extensions(
        for name: String, _ key: Certificate.PublicKey
    ) throws -> Certificate.Extensions {
        let issuer =
            try certificate.extensions.subjectKeyIdentifier
            ?? SubjectKeyIdentifier(hash: certificate.publicKey)
        return try Certificate.Extensions {
            Critical(BasicConstraints.notCertificateAuthority)
            Critical(KeyUsage(digitalSignature: true))
            try ExtendedKeyUsage([.serverAuth, .clientAuth])
            SubjectAlternativeNames([.dnsName(name)])
            SubjectKeyIdentifier(hash: key)
            AuthorityKeyIdentifier(keyIdentifier: issuer.keyIdentifier)
        }
    }

    private static func end(of days: Int, from now: Date) -> Date {
        now + TimeInterval(min(max(days, 1), mostDays)) * 86_400
    }

    // X509 throws whatever it likes; of what is made here, nothing should be refused.
    private static func building<Made>(
        _ what: String, _ body: () throws -> Made
    ) throws(IdentityError) -> Made {
        do {
            return try body()
        } catch {
            throw IdentityError(what, "cannot be made: \(ForeignText.shown("\(error)"))")
        }
    }
}
