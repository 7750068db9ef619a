// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import Foundation
internal import SwiftASN1
internal import X509

/// What a chain must keep to beside RFC 5280 as X509 polices it, and the words for either.
///
/// X509 leaves out key usage, lets certificates of version 1 sign others, and takes SHA-1.
struct ChainRules: VerifierPolicy, Sendable {
    let now: Date

    /// The extensions that are looked at beside those of X509's RFC5280Policy.
    private static let checked: [ASN1ObjectIdentifier] = [
        .X509ExtensionID.extendedKeyUsage, .X509ExtensionID.keyUsage,
        .X509ExtensionID.subjectAlternativeName,
    ]
    private static let checkedByX509: [ASN1ObjectIdentifier] = [
        .X509ExtensionID.basicConstraints, .X509ExtensionID.nameConstraints,
    ]

    var verifyingCriticalExtensions: [ASN1ObjectIdentifier] { Self.checked }

    /// What `certificate` demands that nobody here understands, if anything.
    static func problem(inExtensionsOf certificate: Certificate) -> CertificateProblem? {
        certificate.extensions
            .first { $0.critical && !checked.contains($0.oid) && !checkedByX509.contains($0.oid) }
            .map { .unknownExtension(identifier: ForeignText.shown($0.oid.description)) }
    }

    func chainMeetsPolicyRequirements(chain: UnverifiedCertificateChain) -> PolicyEvaluationResult {
        guard let problem = problem(in: chain) else { return .meetsPolicy }
        return .failsToMeetPolicy(reason: problem.description)
    }

    /// What is wrong with a chain whose signatures are right, the leaf first; nil if nothing is.
    func problem(in chain: UnverifiedCertificateChain) -> CertificateProblem? {
        if now > chain.leaf.notValidAfter { return .expired(on: chain.leaf.notValidAfter) }
        if now < chain.leaf.notValidBefore { return .notYetValid(from: chain.leaf.notValidBefore) }
        for issuer in chain.dropFirst() {
            let name = ForeignText.shown(issuer.subject.description)
            guard issuer.notValidBefore <= now, now <= issuer.notValidAfter else {
                return .issuerOutOfDate(issuer: name, until: issuer.notValidAfter)
            }
            guard HostCertificate.isAuthority(issuer) else {
                return .issuerIsNoAuthority(issuer: name)
            }
        }
        // Nobody relies on what the last one, which is ours, is signed with.
        let isWeak = chain.dropLast().contains { $0.signatureAlgorithm == .sha1WithRSAEncryption }
        return isWeak ? .weakSignature : nil
    }

    /// Why no chain led from `leaf` to a certificate of ours.
    func problem(withLoose leaf: Certificate) -> CertificateProblem {
        if let problem = Self.problem(inExtensionsOf: leaf) { return problem }
        if leaf.publicKey.isValidSignature(leaf.signature, for: leaf) { return .selfSigned }
        return .notSignedByOurAuthority(issuer: ForeignText.shown(leaf.issuer.description))
    }
}
