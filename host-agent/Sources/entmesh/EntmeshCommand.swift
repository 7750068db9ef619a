// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import ArgumentParser
internal import EntmeshControl

/// The operator's command line.
@main
struct EntmeshCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "entmesh",
        abstract: "See and steer how this hypervisor feeds entropy to its guests.",
        version: "entmesh 0.1.0",
        subcommands: [
            ListCommand.self, StatusCommand.self, SourcesCommand.self, PeersCommand.self,
            ReseedCommand.self, LedgerCommand.self, AttachCommand.self, DetachCommand.self,
            PeerCommand.self, SimulateCommand.self,
        ])

    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        let commands = configuration.subcommands.compactMap { $0.configuration.commandName }
        if let unknown = UnknownCommand(arguments, commands: commands + ["help"]) {
            Standard.error.write("error: \(unknown.message.escapedForDisplay)\n")
            exit(withError: ExitCode.validationFailure)
        }
        await main(DisplayOptions.completed(arguments))
    }
}
