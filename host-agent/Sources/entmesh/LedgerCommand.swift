// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import ArgumentParser
internal import EntmeshControl
internal import Foundation

/// `entmesh ledger`: what each guest was given, over all restarts of the daemon.
struct LedgerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger",
        abstract: "Show what guests were given, and when they were last reseeded.",
        discussion: """
            Over all restarts of the daemon, and of guests that are gone too. RESEEDS counts the \
            receipts for the first block after a restore, a revert, a reset or a sleep of the \
            host. Times are in UTC. The journal has each: journalctl ENTMESH_EVENT=reseed
            """)

    @Argument(help: "A name or a UUID; all guests if there is none.")
    var domain: String?
    @Flag(help: "Print JSON.")
    var json = false
    @OptionGroup var shared: SharedOptions

    func run() async throws {
        try await reportingErrors {
            var ledger: GuestLedger = try await shared.client().get(ControlAPI.ledgerPath)
            if let domain {
                ledger.entries = ledger.entries.filter { $0.name == domain || $0.uuid == domain }
                guard !ledger.entries.isEmpty else {
                    throw CommandError(
                        "failed to get domain '\(domain.escapedForDisplay)': it was never given "
                            + "anything; entmesh ledger shows who was")
                }
            }
            print(
                json
                    ? try JSON.line(ledger)
                    : LedgerTable(ledger: ledger).render(width: Terminal().width))
        }
    }
}

/// The table of `entmesh ledger`.
struct LedgerTable {
    let ledger: GuestLedger

    func render(width: Int) -> String {
        guard !ledger.entries.isEmpty else { return " no guest was given anything yet" }
        var table = Table([
            .init("Name", shrinksTo: 8), .init("Served", .right), .init("Last served"),
            .init("Reseeds", .right), .init("Last reseed"), .init("Why", shrinksTo: 8),
        ])
        table.rows = ledger.entries.map(cells)
        return table.render(width: width)
    }

    private func cells(_ entry: LedgerEntry) -> [String] {
        let reseed = entry.lastReseed
        return [
            entry.name.escapedForDisplay, Words.bytes(entry.servedBytes),
            time(entry.lastServed), "\(entry.reseeds)", time(reseed?.time),
            reseed.map { "\($0.cause), \($0.outcome)".escapedForDisplay } ?? "-",
        ]
    }

    // To the minute: 80 columns hold no more.
    private func time(_ seconds: Int64?) -> String {
        guard let seconds else { return "-" }
        let style = Date.ISO8601FormatStyle(dateTimeSeparator: .space)
        return Date(timeIntervalSince1970: TimeInterval(seconds)).formatted(style).prefix(16) + "Z"
    }
}
