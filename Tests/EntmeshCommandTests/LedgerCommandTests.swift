// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshControl
import EntmeshTestSupport
import Foundation
import Testing

/// `entmesh ledger`, to the letter.
@Suite(.timeLimit(.minutes(5)))
struct LedgerCommandTests {
    private static let ledger: GuestLedger = {
        var web = LedgerEntry(uuid: "0a000000-0000-0000-0000-000000000001", name: "web1")
        web.servedBytes = 1228
        web.servedBlocks = 38
        web.lastServed = 1_700_000_000
        web.reseeds = 2
        web.lastReseed = .init(time: 1_699_999_990, cause: "restored", outcome: "reseeded")
        var odd = LedgerEntry(uuid: "0a000000-0000-0000-0000-000000000002", name: "x\u{1B}[2J")
        odd.discardedBytes = 32
        return GuestLedger(entries: [web, odd])
    }()

    private func outcome(_ arguments: [String]) async throws -> CannedDaemon.Outcome {
        try await CannedDaemon.outcome(of: ["ledger"] + arguments) { _ in
            CannedDaemon.json(Self.ledger)
        }
    }

    @Test func theTableSaysWhenEachWasReseededAndWhy() async throws {
        let shown = try await outcome([])
        #expect(shown.status == 0 && shown.requests == ["GET /v1/ledger HTTP/1.1 "])
        #expect(
            shown.output == """
                 Name         Served  Last served        Reseeds  Last reseed        Why
                --------------------------------------------------------------------------------
                 web1        1.1 KiB  2023-11-14 22:13Z        2  2023-11-14 22:13Z  restored,…
                 x\\u{1b}[2J      0 B  -                        0  -                  -

                """)
    }

    @Test func oneGuestIsAskedForByNameOrUUID() async throws {
        for name in ["web1", "0a000000-0000-0000-0000-000000000001"] {
            let shown = try await outcome([name, "--json"])
            let list = try JSONDecoder().decode(GuestLedger.self, from: Data(shown.output.utf8))
            #expect(list.entries == [Self.ledger.entries[0]])
        }
        let none = try await outcome(["web2"])
        #expect(none.status == 1)
        #expect(none.output.hasPrefix("error: failed to get domain 'web2': it was never given"))
    }
}
