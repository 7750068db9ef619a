// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import ArgumentParser
internal import EntmeshControl
internal import NIOCore

/// `entmesh check`: a plug-in for Nagios, Icinga, Naemon and their like.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Judge this host for a monitoring system, in one line.",
        discussion: """
            Exits 0 if all is well, 1 (warning), 2 (critical), or 3 if it cannot tell (no \
            permission, wrong usage). Critical: the tank below --critical, no source that gives, a \
            guest that is not ready or refuses its blocks, no daemon. Warning: the tank below \
            --warning, a source that failed, a guest whose agent is gone or was not reseeded, a \
            lost libvirt, and what entmesh status warns of.
            """)

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("A tank below this level is a warning.", valueName: "percent"))
    var warning = 25
    @Option(help: ArgumentHelp("A tank below this level is critical.", valueName: "percent"))
    var critical = 5
    @Flag(help: "A running guest that never had an agent is a warning too.")
    var requireAgents = false
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("No answer in this time is critical.", valueName: "seconds"))
    var timeout = 10
    @OptionGroup var shared: SharedOptions

    func validate() throws {
        guard (0...100).contains(critical), (critical...100).contains(warning) else {
            throw ValidationError("levels are 0 to 100, and --critical is not above --warning")
        }
        guard (1...3600).contains(timeout) else {
            throw ValidationError("--timeout takes 1 to 3600 seconds")
        }
    }

    func run() async throws {
        let result = await judge()
        print(result.line)
        throw ExitCode(result.severity.rawValue)
    }

    private func judge() async -> CheckResult {
        do {
            let patience = TimeAmount.seconds(Int64(timeout))
            let client = try await shared.client(within: patience, until: .now() + patience)
            return CheckResult(
                status: try await client.get(ControlAPI.statusPath),
                guests: try await client.get(ControlAPI.guestsPath),
                peers: try await client.get(ControlAPI.peersPath),
                thresholds: .init(
                    warning: warning, critical: critical, requiresAgents: requireAgents))
        } catch let error as CommandError where error.isAboutTheCaller {
            return CheckResult(.unknown, error.description)
        } catch {
            return CheckResult(.critical, "\(error)")
        }
    }

    /// What a wrong usage of this command is for a monitoring system; nil if it is none.
    static func refusal(_ arguments: [String]) -> CheckResult? {
        guard arguments.first == configuration.commandName else { return nil }
        do {
            _ = try EntmeshCommand.parseAsRoot(arguments)
            return nil
        } catch {
            guard EntmeshCommand.exitCode(for: error) == .validationFailure else { return nil }
            return CheckResult(.unknown, EntmeshCommand.message(for: error))
        }
    }
}
