// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

public import Foundation

/// Why a certificate is not taken for a host's.
///
/// Descriptions go on from the words "the certificate". What they hold of the certificate is
/// escaped, and at most 64 bytes long.
public enum CertificateProblem: Error, Equatable, Sendable {
    /// It is no X.509 certificate, or one of its extensions is none.
    case unreadable
    /// It came with more certificates than are looked at.
    case tooManyIntermediates(limit: Int)
    /// Its time is over.
    case expired(on: Date)
    /// Its time has not come.
    case notYetValid(from: Date)
    /// No certificate of ours, nor any that came with it, signed it.
    case notSignedByOurAuthority(issuer: String)
    /// It is signed with its own key.
    case selfSigned
    /// The time of a certificate above it is over, or has not come.
    case issuerOutOfDate(issuer: String, until: Date)
    /// A certificate that must not sign others signed it.
    case issuerIsNoAuthority(issuer: String)
    /// It, or one above it, is signed with SHA-1.
    case weakSignature
    /// It may sign others: an authority is not a host.
    case isAuthority
    /// It has no DNS name (subjectAltName).
    case noHostName
    /// It has more than one DNS name.
    case severalHostNames
    /// Its DNS name stands for many.
    case wildcard(name: String)
    /// Its DNS name breaks the rules of `HostName`.
    case unusableHostName(name: String, problem: String)
    /// Its extended key usage does not list what a host does in this role.
    case notForHosts(role: HostRole)
    /// Its key must not sign a handshake (keyUsage).
    case keyMustNotSign
    /// It holds a critical extension that nobody here understands.
    case unknownExtension(identifier: String)
    /// RFC 5280 forbids it otherwise, for instance by name constraints.
    case forbidden(reason: String)
}

extension CertificateProblem: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unreadable: "is no readable X.509 certificate"
        case .tooManyIntermediates(let limit):
            "came with more than \(limit) certificates above it"
        case .expired(let date): "expired on \(ForeignText.shown(date))"
        case .notYetValid(let date):
            "is not valid before \(ForeignText.shown(date)); is a clock wrong?"
        case .notSignedByOurAuthority(let issuer): "is not signed by our CA (issuer: \(issuer))"
        case .selfSigned: "is not signed by our CA (it signed itself)"
        case .issuerOutOfDate(let issuer, let date):
            "is signed by \(issuer), which is not valid now: it ends on \(ForeignText.shown(date))"
        case .issuerIsNoAuthority(let issuer):
            "is signed by a certificate that must not sign others (\(issuer))"
        case .weakSignature: "is signed with SHA-1, which can be forged"
        case .isAuthority: "is a CA's, not a host's"
        case .noHostName: "has no host name (subjectAltName DNS)"
        case .severalHostNames: "has more than one host name (subjectAltName DNS)"
        case .wildcard(let name): "is for many hosts (\(name)), not for one"
        case .unusableHostName(let name, let problem): "is for '\(name)', which \(problem)"
        case .notForHosts(let role):
            "is not for hosts (extended key usage lacks \(role.purpose))"
        case .keyMustNotSign: "is not for hosts (key usage lacks digitalSignature)"
        case .unknownExtension(let identifier):
            "holds a critical extension that is not understood (\(identifier))"
        case .forbidden(let reason): "is forbidden by RFC 5280 (\(reason))"
        }
    }
}

/// What a host is in a TLS handshake.
public enum HostRole: Equatable, Sendable, CaseIterable {
    /// It was dialled.
    case server
    /// It dialled.
    case client

    /// The extended key usage that it takes, as OpenSSL's configuration calls it.
    var purpose: String {
        switch self {
        case .server: "serverAuth"
        case .client: "clientAuth"
        }
    }
}
