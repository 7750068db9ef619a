// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshControl
import EntmeshTestSupport
import Foundation
import Testing

/// `entmesh sources`, to the letter.
@Suite(.timeLimit(.minutes(5)))
struct SourcesCommandTests {
    private static func row(
        _ name: String, _ kind: String, _ state: String, healthy: Bool = true, claim: Double = 4,
        read: UInt64 = 0, out: UInt64 = 0, rate: Double = 0, alarms: UInt64 = 0,
        lastError: String? = nil
    ) -> SourceRow {
        SourceRow(
            name: name, kind: kind, state: state, isHealthy: healthy, claimedBitsPerByte: claim,
            raw: RawRow(
                read: read, conditioned: read, dropped: 0, captured: 0, pending: 0, balances: true),
            deliveredBytes: out, bytesPerSecond: rate, alarms: alarms, errors: 0,
            lastError: lastError)
    }

    private static let list = SourceList(
        sources: [
            row("hwrng", "hwrng", "healthy", read: 2_000_000, out: 800_000, rate: 52_000),
            row(
                "tpm0", "tpm", "degraded: /dev/tpmrm0 is busy: it put 5 commands off",
                read: 4000, out: 1100, rate: 900,
                lastError: "/dev/tpmrm0 is busy: it put 5 commands off"),
            row(
                "trng", "device", "failed: lag test", healthy: false, claim: 0.5, read: 1024,
                alarms: 3, lastError: "repetition count test\u{1B}[2J"),
        ], absent: [AbsentSource(kind: "rdseed", reason: "this processor has no RDSEED")])

    private func sources(
        _ arguments: [String], _ answer: @escaping @Sendable (String) -> CannedDaemon.Answer?
    ) async throws -> CannedDaemon.Outcome {
        try await CannedDaemon.outcome(of: ["sources"] + arguments, answer: answer)
    }

    @Test func theTableFitsAndTheReasonsStandBelow() async throws {
        let shown = try await sources([]) { _ in CannedDaemon.json(Self.list) }
        #expect(shown.status == 0)
        #expect(
            shown.output == """
                 Name    Kind     Claim         Rate        In         Out   Alarms   State
                -------------------------------------------------------------------------------
                 hwrng   hwrng        4   50.7 KiB/s   1.9 MiB   781.2 KiB        0   healthy
                 tpm0    tpm          4      900 B/s   3.9 KiB     1.0 KiB        0   degraded
                 trng    device     0.5        0 B/s   1.0 KiB         0 B        3   failed
                 tpm0: degraded: /dev/tpmrm0 is busy: it put 5 commands off
                 trng: failed: lag test
                 trng: last error: repetition count test\\u{1b}[2J
                 no rdseed: this processor has no RDSEED

                """)
    }

    @Test func theSameAsJSON() async throws {
        let shown = try await sources(["--json"]) { _ in CannedDaemon.json(Self.list) }
        let list = try JSONDecoder().decode(SourceList.self, from: Data(shown.output.utf8))
        #expect(list == Self.list)
        #expect(shown.output.split(separator: "\n").count == 1)
    }

    @Test func aResetNamesItsSource() async throws {
        let reply = ResetReply(source: "trng", hadFailed: true)
        let done = try await sources(["--reset", "trng"]) { _ in CannedDaemon.json(reply) }
        #expect(done.status == 0)
        #expect(done.output == "trng: begins anew; see: entmesh sources\n")
        #expect(done.requests == [#"POST /v1/sources/reset HTTP/1.1 {"source":"trng"}"#])
    }

    @Test func aCaptureGoesToAFileOfItsOwnerAndOverwritesNone() async throws {
        let directory = try TestDirectory()
        let path = directory.path("raw")
        let samples = String(repeating: "x", count: 1000)
        let capture = ["--capture", "trng", "1000", "--output", path]
        let done = try await sources(capture) { _ in CannedDaemon.Answer(body: samples) }
        #expect(done.status == 0)
        #expect(done.output == "1000 raw samples of trng are in \(path)\n")
        #expect(try String(contentsOfFile: path, encoding: .utf8) == samples)
        let facts = try FileManager.default.attributesOfItem(atPath: path)
        #expect(facts[.posixPermissions] as? Int == 0o600)
        let request = try #require(done.requests.first)
        #expect(request.contains(#""source":"trng""#) && request.contains(#""count":1000"#))

        let again = try await sources(capture) { _ in CannedDaemon.Answer(body: samples) }
        #expect(again.status == 1 && again.requests.isEmpty)
        #expect(
            again.output
                == "error: cannot make \(path): File exists; choose another with --output\n")
    }

    @Test func aCaptureThatFailsLeavesNoFile() async throws {
        let directory = try TestDirectory()
        let path = directory.path("raw")
        let refused = try await sources(["--capture", "x", "10", "-o", path]) { _ in
            var answer = CannedDaemon.json(
                ControlError(code: "no-such-source", message: "there is none"))
            answer.status = 404
            return answer
        }
        #expect(refused.status == 1 && refused.output == "error: there is none\n")
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test(arguments: [
        ["--capture", "x"], ["--capture", "x", "0"], ["--capture", "x", "many"],
        ["--output", "f"], ["--reset", "x", "--capture", "x", "1"],
    ])
    func wrongUsageIsSaid(_ arguments: [String]) async throws {
        let refused = try await sources(arguments) { _ in nil }
        #expect(refused.status == 64 && refused.requests.isEmpty)
    }
}
