// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import ArgumentParser
internal import EntmeshCertificates

/// `entmesh peer`: who is a host of ours.
struct PeerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "peer",
        abstract: "Make the certificates that let hosts feed each other.",
        discussion: """
            Once: entmesh peer init-ca. Then for each host: entmesh peer issue NAME. Neither asks \
            the daemon, and neither overwrites a file unasked.
            """,
        subcommands: [PeerInitCommand.self, PeerIssueCommand.self])
}

/// What both of its commands take.
struct PeerOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Where the CA's files are.", valueName: "path"),
        completion: .directory)
    var directory = CertificateFolder.defaultPath

    @Option(help: ArgumentHelp("How long the certificate is good.", valueName: "days"))
    var days: Int?

    func validate() throws {
        let most = CertificateAuthority.mostDays
        guard days.map({ (1...most).contains($0) }) != false else {
            throw ValidationError("--days takes 1 to \(most)")
        }
    }
}
