// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import Crypto
public import Foundation
internal import SwiftASN1
public import X509

/// Who this host is toward other hosts: its certificate, its key, and the CAs it believes.
///
/// Loaded whole or not at all: what is loaded would be accepted by a host that believes the same CAs.
public struct HostIdentity: Sendable {
    /// The host's name, from its certificate.
    public let name: String
    /// Its certificate, and after it those above it that were in the file.
    public let certificates: [Certificate]
    /// The same as TLS carries them, in DER.
    public let certificatesDER: [[UInt8]]
    /// The private key, as PEM in ASCII. Secret.
    public let privateKeyPEM: [UInt8]
    /// The CA certificates: whoever one of them signed is a host of ours.
    public let authorities: [Certificate]
    /// The same in DER.
    public let authoritiesDER: [[UInt8]]

    /// When the host's certificate expires.
    public var notValidAfter: Date { certificates.first?.notValidAfter ?? .distantPast }

    /// Judges the certificates of other hosts by these CAs.
    public var chainCheck: CertificateChainCheck { CertificateChainCheck(authorities: authorities) }

    /// Reads and checks the three files.
    ///
    /// - Parameters:
    ///   - certificatePath: PEM, the host's own first, then any between it and the CA.
    ///   - keyPath: PEM, not encrypted, readable by its owner only.
    ///   - caPath: PEM, one CA certificate or more.
    ///   - now: the wall clock.
    public static func load(
        certificatePath: String, keyPath: String, caPath: String, at now: Date = Date()
    ) async throws(IdentityError) -> HostIdentity {
        let own = try PEMFile(certificatePath, .open, remedy: Remedy.issue).certificates()
        let key = try PEMFile(keyPath, .secret, remedy: Remedy.issue).privateKey()
        let authorities = try self.authorities(caPath)
        guard let leaf = own.first?.parsed else {
            throw IdentityError(certificatePath, "holds no certificate in PEM")
        }
        guard key.parsed.publicKey == leaf.publicKey else {
            throw IdentityError(
                keyPath,
                "is not the key of \(certificatePath); copy both from one run of: "
                    + Remedy.command("NAME"))
        }
        guard isUsable(leaf.publicKey) else {
            throw IdentityError(keyPath, "is no key for TLS here; P-256, P-384 and RSA are")
        }
        let name = try await name(of: own.map(\.parsed), authorities.map(\.parsed), now) {
            IdentityError(certificatePath, words(for: $0, leaf, caPath))
        }
        return HostIdentity(
            name: name, certificates: own.map(\.parsed), certificatesDER: own.map(\.der),
            privateKeyPEM: Array((key.pem.pemString + "\n").utf8),
            authorities: authorities.map(\.parsed), authoritiesDER: authorities.map(\.der))
    }

    private static func authorities(
        _ path: String
    ) throws(IdentityError) -> [(parsed: Certificate, der: [UInt8])] {
        let remedy = "copy the CA's ca.pem there, or make a CA with: entmesh peer init-ca"
        let certificates = try PEMFile(path, .open, remedy: remedy).certificates()
        guard certificates.allSatisfy({ HostCertificate.isAuthority($0.parsed) }) else {
            throw IdentityError(path, "holds a certificate that is no CA's; \(remedy)")
        }
        // X509 passes over such a CA in silence, and nobody would know why.
        for certificate in certificates {
            if let problem = ChainRules.problem(inExtensionsOf: certificate.parsed) {
                throw IdentityError(path, "\(problem)")
            }
        }
        return certificates
    }

    // A host dials and is dialled: its certificate must do for both.
    private static func name(
        of certificates: [Certificate], _ authorities: [Certificate], _ now: Date,
        _ failure: (CertificateProblem) -> IdentityError
    ) async throws(IdentityError) -> String {
        let check = CertificateChainCheck(authorities: authorities)
        var name = ""
        for role in HostRole.allCases {
            guard let leaf = certificates.first else { throw failure(.unreadable) }
            do throws(CertificateProblem) {
                name = try await check.check(
                    leaf: leaf, intermediates: Array(certificates.dropFirst()), as: role, at: now)
            } catch {
                throw failure(error)
            }
        }
        return name
    }

    // What BoringSSL takes of its peer in TLS 1.3 unless told otherwise: not Ed25519, not P-521.
    private static func isUsable(_ key: Certificate.PublicKey) -> Bool {
        Curve25519.Signing.PublicKey(key) == nil && P521.Signing.PublicKey(key) == nil
    }

    private static func words(
        for problem: CertificateProblem, _ leaf: Certificate, _ caPath: String
    ) -> String {
        let name = (try? HostCertificate.hostName(of: leaf)) ?? "NAME"
        switch problem {
        case .expired:
            return "\(problem); make a new one with: \(Remedy.command(name)) --renew"
        case .notYetValid:
            return "\(problem)"
        case .notSignedByOurAuthority, .selfSigned:
            return "\(problem), whose certificate is \(caPath); make one with: "
                + "\(Remedy.command(name)), or copy ca.pem from the CA that made it"
        default:
            return "\(problem); make one with: \(Remedy.command(name))"
        }
    }

    /// What to type.
    private enum Remedy {
        static let issue = "make one with: \(command("NAME"))"

        static func command(_ name: String) -> String { "entmesh peer issue \(name)" }
    }
}
