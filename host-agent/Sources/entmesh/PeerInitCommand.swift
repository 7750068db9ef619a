// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import ArgumentParser
internal import EntmeshCertificates
internal import EntmeshControl

/// `entmesh peer init-ca`: a CA of one's own.
struct PeerInitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init-ca",
        abstract: "Make a certificate authority.",
        discussion: """
            Good for \(CertificateAuthority.defaultDays) days unless --days says otherwise. A CA \
            that is there is never overwritten.
            """)

    @OptionGroup var options: PeerOptions

    func run() async throws {
        try await reportingErrors {
            let directory = CertificateFolder(options.directory)
            let authority = try CertificateAuthority.create(
                days: options.days ?? CertificateAuthority.defaultDays)
            try directory.write(authority)
            print(lines(authority, directory).map(\.escapedForDisplay).joined(separator: "\n"))
        }
    }

    private func lines(_ authority: CertificateAuthority, _ directory: CertificateFolder)
        -> [String]
    {
        [
            "made a CA, good until \(authority.end):",
            "  \(directory.authorityCertificatePath)  for every host",
            "  \(directory.authorityKeyPath)  stays here: whoever reads it can make hosts",
            "next, for each host: entmesh peer issue NAME\(directory.option)",
        ]
    }
}
