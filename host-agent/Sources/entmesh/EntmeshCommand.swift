// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import ArgumentParser
internal import EntmeshControl

/// The operator's command line.
@main
struct EntmeshCommand: AsyncParsableCommand {
    static let version = "entmesh 0.1.0"
    static let configuration = CommandConfiguration(
        commandName: "entmesh",
        abstract: "See and steer how this hypervisor feeds entropy to its guests.",
        version: version,
        subcommands: [
            ListCommand.self, StatusCommand.self, SourcesCommand.self, PeersCommand.self,
            DoctorCommand.self, CheckCommand.self, ReseedCommand.self, LedgerCommand.self,
            AttachCommand.self, DetachCommand.self, BakeCommand.self, PeerCommand.self,
            SimulateCommand.self,
        ])

    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if let unknown = UnknownCommand.first(of: arguments, below: self) {
            Standard.error.write("error: \(unknown.message.escapedForDisplay)\n")
            exit(withError: ExitCode.validationFailure)
        }
        if let refusal = CheckCommand.refusal(arguments) {
            print(refusal.line)
            exit(withError: ExitCode(refusal.severity.rawValue))
        }
        await main(DisplayOptions.completed(arguments))
    }
}
