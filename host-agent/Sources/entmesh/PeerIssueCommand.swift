// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import ArgumentParser
internal import EntmeshCertificates
internal import EntmeshControl

/// `entmesh peer issue`: a certificate and a key for one host.
struct PeerIssueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "issue",
        abstract: "Make a host's certificate and key.",
        discussion: """
            Good for \(CertificateAuthority.defaultHostDays) days unless --days says otherwise, \
            and no longer than the CA. Says which files go where.
            """)

    @Argument(help: "What the host is called: a DNS name in lower case.")
    var name: String
    @Flag(help: "Take the place of the certificate and key that are there.")
    var renew = false
    @OptionGroup var options: PeerOptions

    func run() async throws {
        try await reportingErrors {
            let directory = CertificateFolder(options.directory)
            // Before anything is made: the CA may be on a medium that is seldom there.
            try directory.checkPlace(for: name, renews: renew)
            let issued = try directory.authority().issue(
                to: name, days: options.days ?? CertificateAuthority.defaultHostDays)
            try directory.write(issued, for: name, renews: renew)
            print(lines(issued, directory).map(\.escapedForDisplay).joined(separator: "\n"))
        }
    }

    private func lines(
        _ issued: CertificateAuthority.Issued, _ directory: CertificateFolder
    ) -> [String] {
        let there = CertificateFolder()
        let reload = renew ? ["then, there: sudo systemctl reload entmesh-host"] : []
        return [
            "\(name) is good until \(issued.end). Copy these three to it, to \(there.path):",
            "  \(directory.authorityCertificatePath)",
            "  \(directory.certificatePath(of: name))",
            "  \(directory.keyPath(of: name))  secret: mode 0600, and the daemon's user owns it",
            "and let its /etc/entmesh/host.yaml say:",
            "peers:",
            "  certificate: \(there.certificatePath(of: name))",
            "  key: \(there.keyPath(of: name))",
            "  ca: \(there.authorityCertificatePath)",
        ] + reload
    }
}
