// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

public import Foundation
internal import SwiftASN1
@_spi(FixedExpiryValidationTime) public import X509

/// Decides whether a certificate is one of a host of ours: what stands in for the check of the TLS
/// library, which a verification callback replaces.
///
/// Whether that host is wanted is for the caller, by the name that `check` returns.
public struct CertificateChainCheck: Sendable {
    /// How many certificates may come with one. Chains are sought among them all, so that they are
    /// few is what bounds the search.
    public static let mostIntermediates = 4

    private let authorities: CertificateStore

    /// - Parameter authorities: the operator's CA certificates; nothing else is trusted.
    public init(authorities: [Certificate]) {
        self.authorities = CertificateStore(authorities)
    }

    /// The name of the host that `leaf` is of.
    ///
    /// - Parameters:
    ///   - intermediates: what came with it, in any order.
    ///   - role: what that host is in the handshake.
    ///   - now: the wall clock.
    public func check(
        leaf: Certificate, intermediates: [Certificate], as role: HostRole, at now: Date
    ) async throws(CertificateProblem) -> String {
        guard intermediates.count <= Self.mostIntermediates else {
            throw .tooManyIntermediates(limit: Self.mostIntermediates)
        }
        let rules = ChainRules(now: now)
        var verifier = Verifier(rootCertificates: authorities) {
            rules
            RFC5280Policy(fixedExpiryValidationTime: now)
        }
        let result = await verifier.validate(
            leaf: leaf, intermediates: CertificateStore(intermediates))
        if case .couldNotValidate(let failures) = result {
            throw Self.problem(with: leaf, failures, rules)
        }
        try HostCertificate.checkPurpose(of: leaf, as: role)
        return try HostCertificate.hostName(of: leaf)
    }

    /// The same of certificates as TLS carries them.
    ///
    /// - Parameter chain: DER, the host's own first.
    public func check(
        chain: [[UInt8]], as role: HostRole, at now: Date
    ) async throws(CertificateProblem) -> String {
        guard chain.count <= Self.mostIntermediates + 1 else {
            throw .tooManyIntermediates(limit: Self.mostIntermediates)
        }
        var certificates: [Certificate] = []
        for bytes in chain {
            guard let certificate = try? Certificate(derEncoded: bytes) else { throw .unreadable }
            certificates.append(certificate)
        }
        guard let leaf = certificates.first else { throw .unreadable }
        return try await check(
            leaf: leaf, intermediates: Array(certificates.dropFirst()), as: role, at: now)
    }

    private static func problem(
        with leaf: Certificate, _ failures: [CertificateValidationResult.PolicyFailure],
        _ rules: ChainRules
    ) -> CertificateProblem {
        guard let failure = failures.first else { return rules.problem(withLoose: leaf) }
        return rules.problem(in: failure.chain)
            ?? .forbidden(reason: ForeignText.shown(failure.policyFailureReason.description))
    }
}
