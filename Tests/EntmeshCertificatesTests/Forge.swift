// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import Crypto
import Foundation
import SwiftASN1
import X509

/// What a test puts into a certificate; by default what a good one of a host holds.
struct Wish {
    var subject = "web1"
    var names: [GeneralName]? = [.dnsName("web1")]
    var usages: [ExtendedKeyUsage.Usage]? = [.serverAuth, .clientAuth]
    var constraints: BasicConstraints? = .notCertificateAuthority
    var keyUsage: KeyUsage? = KeyUsage(digitalSignature: true)
    var from = Forge.now - 3600
    var until = Forge.now + 86_400
    var version = Certificate.Version.v3
    var algorithm: Certificate.SignatureAlgorithm?
    var more: [Certificate.Extension] = []

    /// A CA's.
    static func authority(_ subject: String, maxPathLength: Int? = nil) -> Wish {
        Wish(
            subject: subject, names: nil, usages: nil,
            constraints: .isCertificateAuthority(maxPathLength: maxPathLength),
            keyUsage: KeyUsage(keyCertSign: true, cRLSign: true), until: Forge.now + 864_000)
    }

    /// The same with bytes that mean nothing in the extension `identifier`.
    func withBroken(_ identifier: ASN1ObjectIdentifier) -> Wish {
        var wish = self
        switch identifier {
        case .X509ExtensionID.basicConstraints: wish.constraints = nil
        case .X509ExtensionID.keyUsage: wish.keyUsage = nil
        case .X509ExtensionID.extendedKeyUsage: wish.usages = nil
        default: wish.names = nil
        }
        wish.more.append(Certificate.Extension(oid: identifier, critical: false, value: [1, 2, 3]))
        return wish
    }

    func extensions() throws -> Certificate.Extensions {
        var extensions = try Certificate.Extensions(more)
        if let constraints {
            try extensions.append(Certificate.Extension(constraints, critical: true))
        }
        if let keyUsage { try extensions.append(Certificate.Extension(keyUsage, critical: true)) }
        if let usages {
            // Critical: one that was not looked at would be refused.
            try extensions.append(
                Certificate.Extension(try ExtendedKeyUsage(usages), critical: true))
        }
        if let names {
            try extensions.append(
                Certificate.Extension(SubjectAlternativeNames(names), critical: false))
        }
        return extensions
    }
}

/// A certificate as a test wants it, good or bad, with its key.
struct Forge {
    /// 2027-01-15 08:00:00 UTC, when tests of what is good at a time take place.
    static let now = Date(timeIntervalSince1970: 1_800_000_000)

    let certificate: Certificate
    let key: Certificate.PrivateKey

    /// Makes one, signed by `issuer`, or by itself.
    init(
        _ wish: Wish = Wish(), by issuer: Forge? = nil,
        key: Certificate.PrivateKey = Certificate.PrivateKey(P256.Signing.PrivateKey())
    ) throws {
        let name = try DistinguishedName { CommonName(wish.subject) }
        let signer = issuer?.key ?? key
        self.key = key
        certificate = try Certificate(
            version: wish.version, serialNumber: .init(), publicKey: key.publicKey,
            notValidBefore: wish.from, notValidAfter: wish.until,
            issuer: issuer?.certificate.subject ?? name, subject: name,
            signatureAlgorithm: wish.algorithm ?? .ecdsaWithSHA256,
            extensions: wish.version == .v3 ? wish.extensions() : Certificate.Extensions(),
            issuerPrivateKey: signer)
    }

    var pem: String { get throws { try certificate.serializeAsPEM().pemString + "\n" } }
    var keyPEM: String { get throws { try key.serializeAsPEM().pemString + "\n" } }
    var der: [UInt8] {
        get throws {
            var serializer = DER.Serializer()
            try serializer.serialize(certificate)
            return serializer.serializedBytes
        }
    }
}
