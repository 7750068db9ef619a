// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshControl
import EntmeshTestSupport
import Foundation
import Testing

/// `entmesh peers`, to the letter.
@Suite(.timeLimit(.minutes(5)))
struct PeersCommandTests {
    private static func row(
        _ name: String, _ state: PeerRow.State, _ change: (inout PeerRow) -> Void
    ) -> PeerRow {
        var row = PeerRow(
            name: name, kind: .host, state: state, sends: true, receives: "mix", sentBytes: 0,
            receivedBytes: 0)
        row.keyExchange = "X25519MLKEM768"
        change(&row)
        return row
    }

    private static let list = PeerList(
        ownName: "m1.example",
        peers: [
            row("m2.example", .connected) {
                $0.receives = "credit"
                $0.theirLevel = 91
                $0.ourLevel = 100
                $0.sentBytes = 1_048_576
                $0.receivedBytes = 4096
                $0.sinceSeconds = 7200
            },
            row("m3.example", .waiting) { $0.lastError = "nobody listens\u{1B}[2J there" },
            row("m4.example", .failed) {
                $0.sends = false
                $0.isFaulty = true
                $0.receivedBytes = 32
            },
            row("host", .connected) {
                $0.kind = .ownPool
                $0.keyExchange = nil
                $0.receivedBytes = 64
                $0.theirLevel = 100
            },
        ])

    private func peers(
        _ arguments: [String], _ answer: @escaping @Sendable (String) -> CannedDaemon.Answer?
    ) async throws -> CannedDaemon.Outcome {
        try await CannedDaemon.outcome(of: ["peers"] + arguments, answer: answer)
    }

    @Test func theTableFitsAndWhatIsWrongStandsBelow() async throws {
        let shown = try await peers([]) { _ in CannedDaemon.json(Self.list) }
        #expect(shown.status == 0 && shown.requests == ["GET /v1/peers HTTP/1.1 "])
        #expect(
            shown.output == """
                 Name        State      Sends  Takes   Theirs  Ours     Sent  Received  Since
                ------------------------------------------------------------------------------
                 m2.example  connected  yes    credit      91   100  1.0 MiB   4.0 KiB   2h0m
                 m3.example  waiting    yes    mix          -     -      0 B       0 B      -
                 m4.example  failed     no     mix          -     -      0 B      32 B      -
                 host        connected  yes    mix        100     -      0 B      64 B      -
                 m3.example: nobody listens\\u{1b}[2J there
                 m4.example: what it gives is faulty; once it is mended: entmesh peers --reset m4.example
                 host: gives from this kernel's own generator, not hardware
                 this host is m1.example; key exchange: X25519MLKEM768

                """)
    }

    @Test func theSameAsJSON() async throws {
        let shown = try await peers(["--json"]) { _ in CannedDaemon.json(Self.list) }
        let list = try JSONDecoder().decode(PeerList.self, from: Data(shown.output.utf8))
        #expect(list == Self.list)
        #expect(shown.output.split(separator: "\n").count == 1)
    }

    @Test func withoutPeersItSaysHowToHaveSome() async throws {
        let shown = try await peers([]) { _ in CannedDaemon.json(PeerList(ownName: nil, peers: []))
        }
        #expect(shown.output.contains("name other hosts under 'peers:' in host.yaml"))
    }

    @Test func aResetNamesItsPeer() async throws {
        let reply = PeerResetReply(peer: "m4.example", hadFailed: true)
        let done = try await peers(["--reset", "m4.example"]) { _ in CannedDaemon.json(reply) }
        #expect(done.status == 0)
        #expect(done.output == "m4.example: is taken from again; see: entmesh peers\n")
        #expect(done.requests == [#"POST /v1/peers/reset HTTP/1.1 {"peer":"m4.example"}"#])
    }
}
