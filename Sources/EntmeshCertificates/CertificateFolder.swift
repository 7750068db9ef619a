// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshControl
internal import Foundation
internal import Glibc
internal import SwiftASN1
internal import X509

/// The directory that a CA lives in, and what it issued: `ca.pem`, `ca.key`, `NAME.pem`, `NAME.key`.
///
/// Keys are mode 0600, certificates 0644, the directory 0700. Nothing is overwritten unasked.
public struct CertificateFolder: Sendable {
    /// Where it is unless said otherwise.
    public static let defaultPath = "/etc/entmesh/peers"
    /// The name that no host can have: its files would be the CA's.
    private static let reservedName = "ca"

    /// Its path.
    public let path: String

    /// Makes and reads nothing yet.
    public init(_ path: String = defaultPath) {
        self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    /// What to add to a command that is to use it.
    public var option: String { path == Self.defaultPath ? "" : " --directory \(path)" }

    /// The CA's certificate: the one file that every host has.
    public var authorityCertificatePath: String { "\(path)/\(Self.reservedName).pem" }
    /// The CA's key.
    public var authorityKeyPath: String { "\(path)/\(Self.reservedName).key" }
    /// The certificate of the host `name`.
    public func certificatePath(of name: String) -> String { "\(path)/\(name).pem" }
    /// The key of the host `name`.
    public func keyPath(of name: String) -> String { "\(path)/\(name).key" }

    /// Writes a new CA; the directory is made if there is none.
    public func write(_ authority: CertificateAuthority) throws(IdentityError) {
        try make()
        for path in [authorityKeyPath, authorityCertificatePath] where NewPEMFile.isThere(path) {
            throw IdentityError(
                path,
                "there is a CA already, and a new one would shut out every host that it made; use "
                    + "it: entmesh peer issue NAME\(option), or make another "
                    + "elsewhere: entmesh peer init-ca --directory DIRECTORY")
        }
        let pair = try NewPEMPair(
            certificate: authority.certificate, to: authorityCertificatePath, key: authority.key,
            to: authorityKeyPath)
        try pair.write()
    }

    /// Reads the CA.
    public func authority() throws(IdentityError) -> CertificateAuthority {
        let remedy = "make a CA with: entmesh peer init-ca\(option)"
        let certificates = try PEMFile(authorityCertificatePath, .open, remedy: remedy)
            .certificates()
        // Where hosts are, there is the certificate alone.
        let keyRemedy = "issue where the CA's key is, and copy both files here"
        let key = try PEMFile(authorityKeyPath, .secret, remedy: keyRemedy).privateKey().parsed
        guard let certificate = certificates.first?.parsed, certificates.count == 1,
            HostCertificate.isAuthority(certificate)
        else {
            throw IdentityError(authorityCertificatePath, "is not one CA's certificate")
        }
        guard key.publicKey == certificate.publicKey else {
            throw IdentityError(authorityKeyPath, "is not the key of \(authorityCertificatePath)")
        }
        return CertificateAuthority(certificate: certificate, key: key)
    }

    /// Checks that files for the host `name` may be written: before anything is made for it.
    ///
    /// - Parameter renews: whether they take the place of those that are there.
    public func checkPlace(for name: String, renews: Bool) throws(IdentityError) {
        if let problem = HostName.problem(with: name) {
            throw IdentityError("'\(ForeignText.shown(name))'", problem)
        }
        guard name != Self.reservedName else {
            throw IdentityError("'\(name)'", "is what the CA's own files are called")
        }
        guard !renews else { return }
        for path in [keyPath(of: name), certificatePath(of: name)] where NewPEMFile.isThere(path) {
            throw IdentityError(
                path,
                "is there already; to replace it: entmesh peer issue \(name) --renew\(option)")
        }
    }

    /// Writes what was issued to the host `name`.
    ///
    /// - Parameter renews: whether it takes the place of what is there. The key is replaced first
    ///   and the certificate at once after it; if that fails, the old key comes back.
    public func write(
        _ issued: CertificateAuthority.Issued, for name: String, renews: Bool
    ) throws(IdentityError) {
        try checkPlace(for: name, renews: renews)
        let (certificatePath, keyPath) = (certificatePath(of: name), keyPath(of: name))
        let suffix = renews ? ".new" : ""
        let pair = try NewPEMPair(
            certificate: issued.certificate, to: certificatePath + suffix, key: issued.key,
            to: keyPath + suffix)
        if renews {
            // What an interrupted run left: nobody uses it.
            pair.remove()
        }
        try pair.write()
        if renews { try pair.replace(certificate: certificatePath, key: keyPath) }
    }

    // The directory for its owner only; those above it as the umask says.
    private func make() throws(IdentityError) {
        if let facts = FileFacts(path: path) { return try check(facts) }
        var parent = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/").dropLast() {
            parent += "/\(part)"
            guard mkdir(parent, 0o755) == 0 || errno == EEXIST else {
                throw NewPEMFile.failure("make", parent)
            }
        }
        // Whatever the umask is.
        guard mkdir(path, 0o700) == 0, chmod(path, 0o700) == 0 else {
            throw NewPEMFile.failure("make", path)
        }
    }

    private func check(_ facts: FileFacts) throws(IdentityError) {
        guard facts.mayBeDirectory else { throw IdentityError(path, "is no directory") }
        guard !facts.isWritableByOthers else {
            throw IdentityError(path, "may be written by others; type: chmod 0700 \(path)")
        }
    }
}
