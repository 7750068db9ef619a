// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import ArgumentParser
internal import EntmeshControl

/// `entmesh reseed`: a block now, and the receipts.
struct ReseedCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reseed",
        abstract: "Reseed a guest, or all of them, now, and wait for the receipts.",
        discussion: "Takes root. Exits 1 if any guest did not answer, and says which.")

    @Argument(help: "An id, a name or a UUID.", completion: LiveNames.runningGuests)
    var domain: String?
    @Flag(help: "Every guest whose agent is connected.")
    var all = false
    @Flag(help: "Print JSON.")
    var json = false
    @OptionGroup var shared: SharedOptions

    func validate() throws {
        guard (domain == nil) == all else {
            throw ValidationError("name a domain, or give --all; entmesh list shows them")
        }
    }

    func run() async throws {
        try await reportingErrors {
            let reply: ReseedReply = try await shared.client().post(
                ControlAPI.reseedPath, domain.map { ReseedRequest.domain($0) } ?? .all)
            if json {
                print(try JSON.line(reply))
            } else {
                for result in reply.results {
                    print("\(result.name.escapedForDisplay): \(result.outcome)")
                }
                if reply.results.isEmpty { print("no agent is connected") }
            }
            if reply.results.contains(where: { !$0.succeeded }) { throw ExitCode.failure }
        }
    }
}
