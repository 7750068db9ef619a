// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshControl
public import X509

/// What makes a certificate one of a host.
public enum HostCertificate {
    /// The host's name: the only DNS name of the certificate, in lower case.
    public static func hostName(of certificate: Certificate) throws(CertificateProblem) -> String {
        let names = try dnsNames(of: certificate)
        guard let name = names.first?.lowercased() else { throw .noHostName }
        guard names.count == 1 else { throw .severalHostNames }
        guard !name.contains("*") else { throw .wildcard(name: ForeignText.shown(name)) }
        if let problem = HostName.problem(with: name) {
            throw .unusableHostName(name: ForeignText.shown(name), problem: problem)
        }
        return name
    }

    /// Checks that it is for a host that plays `role`, and for nothing more.
    ///
    /// The extended key usage must be there: one that the operator's CA gave out for something else
    /// must not open the mesh.
    static func checkPurpose(
        of certificate: Certificate, as role: HostRole
    ) throws(CertificateProblem) {
        let extensions = certificate.extensions
        if case .isCertificateAuthority? = try read({ try extensions.basicConstraints }) {
            throw .isAuthority
        }
        let wanted: ExtendedKeyUsage.Usage = role == .server ? .serverAuth : .clientAuth
        guard try read({ try extensions.extendedKeyUsage })?.contains(wanted) == true else {
            throw .notForHosts(role: role)
        }
        guard try read({ try extensions.keyUsage })?.digitalSignature != false else {
            throw .keyMustNotSign
        }
    }

    /// Whether it may sign other certificates (RFC 5280 section 4.2.1.9 and 4.2.1.3).
    static func isAuthority(_ certificate: Certificate) -> Bool {
        let extensions = certificate.extensions
        do {
            guard case .isCertificateAuthority? = try extensions.basicConstraints else {
                return false
            }
            return try extensions.keyUsage?.keyCertSign != false
        } catch {
            return false
        }
    }

    private static func dnsNames(of certificate: Certificate) throws(CertificateProblem) -> [String]
    {
        let names = try read { try certificate.extensions.subjectAlternativeNames }
        return (names ?? SubjectAlternativeNames()).compactMap {
            if case .dnsName(let name) = $0 { name } else { nil }
        }
    }

    private static func read<Value>(_ body: () throws -> Value) throws(CertificateProblem) -> Value
    {
        do { return try body() } catch { throw .unreadable }
    }
}
