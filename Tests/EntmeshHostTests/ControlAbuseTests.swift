// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshControl
import EntmeshCoreTestSupport
import EntmeshTestSupport
import Foundation
import Testing

@testable import EntmeshHost

/// F52: whatever comes over the control socket, the daemon answers with an error or hangs up.
@Suite(.timeLimit(.minutes(5)))
struct ControlAbuseTests {
    /// The inputs of the fuzz target `control`: bodies of a request.
    private static func corpus() throws -> [[UInt8]] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Fuzz/Corpus/control")
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map {
            [UInt8](try Data(contentsOf: folder.appending(path: $0)))
        }
    }

    private static func request(_ body: [UInt8]) -> [UInt8] {
        let head =
            "POST \(ControlAPI.reseedPath) HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
            + "Content-Length: \(body.count)\r\n\r\n"
        return Array(head.utf8) + body
    }

    /// Whether `body` says something, so that "200 OK" would be right.
    private static func isMeaningful(_ body: [UInt8]) -> Bool {
        (try? JSONDecoder().decode(ReseedRequest.self, from: Data(body))) != nil
    }

    private func expectError(
        _ bytes: [UInt8], orIf isMeaningful: Bool = false, _ host: TestHost
    ) async throws {
        let answer = try await ControlDialogue.thrown(bytes, at: host.controlSocket)
        let isError = answer.hasPrefix("HTTP/1.1 4") || answer.hasPrefix("HTTP/1.1 5")
        #expect(
            answer.isEmpty || isError || isMeaningful,
            "\(String(decoding: bytes, as: UTF8.self)): \(answer)")
    }

    @Test func nothingThatIsThrownAtItGetsPastTheParsers() async throws {
        try await TestHost.run { host in
            let guest = try await host.guest("web1")
            #expect(await guest.block() != nil)
            let corpus = try Self.corpus()
            #expect(corpus.count >= 50, "the corpus is missing")
            var dice = SplitMix(seed: 1)
            for body in corpus {
                let isMeaningful = Self.isMeaningful(body)
                try await expectError(body, host)
                try await expectError(Self.request(body), orIf: isMeaningful, host)
                let mutated = dice.mutated(Self.request(body))
                try await expectError(mutated, orIf: isMeaningful, host)
            }
            for _ in 0..<100 {
                try await expectError(dice.requestBytes(), host)
            }
            let (status, body) = try await ControlDialogue.send(
                host.controlSocket, "GET", ControlAPI.statusPath)
            #expect(status == 200)
            let decoded = try JSONDecoder().decode(HostStatus.self, from: Data(body.utf8))
            #expect(decoded.guestsConnected == 1)
            try await guest.goStale()
            #expect(await guest.block() != nil)
        }
    }

    private static let unclear = [
        "{}", #"{"domian":"web1"}"#, #"{"Domain":"web1"}"#, #"{"domain":null}"#,
        #"{"all":false}"#, #"{"all":null}"#, #"{"all":"true"}"#, #"{"ALL":true}"#,
        #"{"domain":"web1","all":true}"#, #"{"domain":"web1","all":false}"#, "null", "true",
        #""web1""#, #"["web1"]"#,
    ]

    @Test(.enabled(if: isRoot, "a reseed takes uid 0"))
    func aReseedNamesADomainOrAllAndAMisspeltKeyAsksForNothing() async throws {
        try await TestHost.run { host in
            let guest = try await host.guest("web1")
            #expect(await guest.block() != nil)
            try await host.until("web1") { $0.servedBytes == 32 }
            for body in Self.unclear {
                let answer = try await ControlDialogue.send(
                    host.controlSocket, "POST", ControlAPI.reseedPath, body: Array(body.utf8))
                let error = try? JSONDecoder().decode(
                    ControlError.self, from: Data(answer.body.utf8))
                #expect(answer.status == 400 && error?.code == "bad-request", "\(body)")
            }
            let row = try #require(await host.row("web1"))
            #expect(row.servedBytes == 32 && row.seeding == .seeded)
            for body in [#"{"all":true}"#, #"{"domain":"\#(host.name("web1"))"}"#] {
                let answer = try await ControlDialogue.send(
                    host.controlSocket, "POST", ControlAPI.reseedPath, body: Array(body.utf8))
                #expect(answer.status == 200, "\(body)")
                let reply = try JSONDecoder().decode(
                    ReseedReply.self, from: Data(answer.body.utf8))
                #expect(reply.results.map(\.outcome) == ["reseeded"], "\(body)")
            }
            #expect(await host.row("web1")?.servedBytes == 96)
        }
    }
}

extension SplitMix {
    fileprivate mutating func number(below limit: Int) -> Int { Int(next() % UInt64(limit)) }
    fileprivate mutating func byte() -> UInt8 { UInt8(truncatingIfNeeded: next() >> 32) }

    /// From one byte to as many as a request may have.
    fileprivate mutating func requestBytes() -> [UInt8] {
        let count = 1 + number(below: 4096)
        return (0..<count).map { _ in byte() }
    }

    /// `bytes` with up to eight bytes changed, taken out or put in.
    fileprivate mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0...number(below: 8) {
            let place = number(below: bytes.count)
            switch number(below: 3) {
            case 0: bytes[place] = byte()
            case 1: bytes.remove(at: place)
            default: bytes.insert(byte(), at: place)
            }
        }
        return bytes
    }
}
