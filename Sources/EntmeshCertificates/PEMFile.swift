// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import Foundation
internal import Glibc
internal import SwiftASN1
internal import X509

/// A file of certificates or of a key, as text (RFC 7468).
struct PEMFile {
    /// The longest file that is read, in bytes: a CA bundle of an organisation fits.
    static let longestByteCount = 64 * 1024

    /// Who may do what with a file that is trusted.
    enum Secrecy {
        /// Nobody but its owner may read it; not its group either: the members of group entmesh are
        /// people who may look at the daemon.
        case secret
        /// Anybody may read it, but not everybody may write it.
        case open
    }

    let path: String
    let documents: [PEMDocument]

    /// Reads it.
    ///
    /// - Parameter remedy: what to do if there is none.
    init(_ path: String, _ secrecy: Secrecy, remedy: String) throws(IdentityError) {
        self.path = path
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw IdentityError(path, Self.reason(path, secrecy, remedy)) }
        defer { close(descriptor) }
        try Self.checkFacts(descriptor, path, secrecy)
        let text = try Self.text(descriptor, path)
        guard let documents = try? PEMDocument.parseMultiple(pemString: text) else {
            throw IdentityError(path, "is no PEM: \(remedy)")
        }
        self.documents = documents
    }

    /// All certificates in it, in its order: one at least.
    func certificates() throws(IdentityError) -> [(parsed: Certificate, der: [UInt8])] {
        let found = documents.filter { $0.discriminator == Certificate.defaultPEMDiscriminator }
        guard !found.isEmpty else { throw IdentityError(path, "holds no certificate in PEM") }
        var certificates: [(Certificate, [UInt8])] = []
        for document in found {
            guard let parsed = try? Certificate(pemDocument: document) else {
                throw IdentityError(path, "holds a certificate that cannot be read")
            }
            certificates.append((parsed, document.derBytes))
        }
        return certificates
    }

    /// The one private key in it.
    func privateKey() throws(IdentityError) -> (parsed: Certificate.PrivateKey, pem: PEMDocument) {
        let found = documents.filter { $0.discriminator.hasSuffix("PRIVATE KEY") }
        guard found.count == 1, let document = found.first else {
            throw IdentityError(path, "holds \(found.count) private keys in PEM, not one")
        }
        guard document.discriminator != "ENCRYPTED PRIVATE KEY" else {
            throw IdentityError(
                path,
                "is encrypted, and nobody is there to type a passphrase: "
                    + "openssl pkey -in \(path) -out NEW")
        }
        guard let parsed = try? Certificate.PrivateKey(pemDocument: document) else {
            throw IdentityError(
                path, "holds a private key that cannot be read; P-256, P-384 and RSA can")
        }
        return (parsed, document)
    }

    private static func checkFacts(
        _ descriptor: Int32, _ path: String, _ secrecy: Secrecy
    ) throws(IdentityError) {
        guard let facts = FileFacts(descriptor: descriptor), facts.isFile else {
            throw IdentityError(path, "is no file")
        }
        switch secrecy {
        case .secret:
            guard !facts.isSharedAtAll || facts.isLent(to: geteuid()) else {
                throw IdentityError(
                    path, "is a key that others may read or write; type: chmod 0600 \(path)")
            }
        case .open:
            guard !facts.isWritableByAnybody else {
                throw IdentityError(path, "may be written by anybody; type: chmod o-w \(path)")
            }
        }
    }

    private static func text(_ descriptor: Int32, _ path: String) throws(IdentityError) -> String {
        var bytes = [UInt8](repeating: 0, count: longestByteCount + 1)
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes {
                read(descriptor, $0.baseAddress?.advanced(by: count), $0.count - count)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else {
                throw IdentityError(path, "cannot be read: \(String(cString: strerror(errno)))")
            }
            if got == 0 { break }
            count += got
        }
        guard count < bytes.count else {
            throw IdentityError(path, "has more than \(longestByteCount) bytes")
        }
        // Other text may stand around the PEM, in whatever encoding.
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    private static func reason(
        _ path: String, _ secrecy: Secrecy, _ remedy: String
    ) -> String {
        let change = secrecy == .secret ? "chown USER" : "chmod a+r"
        return switch errno {
        case ENOENT, ENOTDIR: "there is no such file; \(remedy)"
        case EACCES, EPERM:
            "permission denied; run this with sudo, or let its user in: sudo \(change) \(path), "
                + "and sudo chmod a+x on its directory"
        default: "cannot be read: \(String(cString: strerror(errno)))"
        }
    }
}
