// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import EntmeshNode
import Foundation
import Testing

@Suite("docs/protocol.md")
struct ProtocolDocumentTests {
    private let document: String

    init() throws {
        let root = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        document = try String(
            contentsOf: root.appending(path: "docs/protocol.md"), encoding: .utf8)
    }

    @Test("its example session is what the code writes")
    func session() {
        #expect(
            document.contains("```\n\(exampleSession())```\n"),
            "the session should read:\n\(exampleSession())")
    }

    @Test("its close reasons are the code's, all of them")
    func reasons() {
        let rows = document.split(separator: "\n").filter { $0.contains("| `") }
        for raw in UInt8.min...UInt8.max {
            let row = rows.first { $0.hasPrefix("| \(raw) | `") }
            let reason = CloseReason(rawValue: raw)
            #expect((row != nil) == (reason != nil), "\(raw)")
            if let row, let reason {
                #expect(row.hasPrefix("| \(raw) | `\(reason.label)` |"))
            }
        }
    }

    @Test("its outcomes are the code's, all of them")
    func outcomes() throws {
        for raw in UInt8(1)...7 {
            let outcome = try #require(Receipt.Outcome(rawValue: raw))
            let row = document.split(separator: "\n").first {
                $0.hasPrefix("| \(raw) | \(outcome) |")
            }
            #expect(row?.hasSuffix(outcome.isDelivery ? "| yes |" : "| no |") == true)
        }
    }

    @Test("its constants are the code's")
    func constants() {
        let rows: [(String, String)] = [
            ("AF_VSOCK port of the host", "\(Wire.port)"),
            ("versions spoken", "\(Wire.lowestVersion) to \(Wire.highestVersion)"),
            ("header", "\(Wire.headerByteCount) bytes"),
            ("first skippable type", "0x" + String(Wire.firstSkippableType, radix: 16)),
            ("longest control payload", "\(Wire.longestControlPayload) bytes"),
            ("longest text", "\(Wire.longestText) bytes"),
            ("block for a modern pool, and for mixing", "\(Wire.poolBlock) bytes"),
            ("largest block for an old pool", "\(Wire.largestPoolBlock) bytes"),
            ("largest block between buffers", "\(Wire.largestBufferBlock) bytes"),
            ("most bytes in flight toward a buffer", "\(Wire.largestWindow) bytes"),
            ("a request begins", "\(Wire.requestBegins) points"),
            ("a request ends", "\(Wire.requestEnds) points"),
            ("a fall is announced", "\(Wire.announcedFall) points"),
            ("announced before a transfer", "\(Wire.announcedBeforeTransfer) points"),
            ("horizon of freshness, by default", seconds(Freshness.defaultHorizon)),
            ("handshake deadline", seconds(Wire.handshakeDeadline)),
            ("frame deadline", seconds(Wire.frameDeadline)),
            ("receipt deadline", seconds(Wire.receiptDeadline)),
            ("status interval", seconds(Wire.statusInterval)),
            ("guest heartbeat", seconds(Keepalive.guest.heartbeatAfter)),
            ("guest and host death", seconds(Keepalive.host.deadAfter)),
            ("guest and host death", seconds(Keepalive.guest.deadAfter)),
            ("heartbeat between hosts", seconds(Keepalive.betweenHosts.heartbeatAfter)),
            ("death between hosts", seconds(Keepalive.betweenHosts.deadAfter)),
        ]
        for (name, value) in rows {
            #expect(document.contains("\n| \(name) | \(value) |\n"))
        }
    }

    private func seconds(_ span: TimeSpan?) -> String {
        "\(span?.wholeSeconds ?? -1) s"
    }

    /// One frame a line: who says it, what it is, its bytes.
    private func exampleSession() -> String {
        var pair = Pair(End(.guest, keepalive: .guest), End(.host))
        var text = ""
        pair.left.connection.start(now: .start, into: &pair.left.wire)
        pair.right.connection.start(now: .start, into: &pair.right.wire)
        exchange(&pair, &text)
        pair.left.connection.announce(.empty, into: &pair.left.wire)
        pair.left.connection.report(
            PoolStatus(
                availableBits: 11, poolBits: 256, isReady: false, lastError: 0,
                kernel: PrintableText("6.1.0"), hardwareGenerator: PrintableText("none")),
            now: .start, into: &pair.left.wire)
        exchange(&pair, &text)
        pair.left.levelAfterBlock = .full
        pair.left.answer = { Receipt(sequence: $0, outcome: .seeded) }
        _ = pair.right.connection.send(
            Entropy((0..<32).map { UInt8($0) }), now: .start, into: &pair.right.wire)
        exchange(&pair, &text)
        _ = pair.left.connection.tick(now: .start + .seconds(120), into: &pair.left.wire)
        exchange(&pair, &text)
        pair.right.connection.close(.shutdown, into: &pair.right.wire)
        exchange(&pair, &text)
        return text
    }

    /// Carries everything across, writing down each frame.
    private func exchange(_ pair: inout Pair, _ text: inout String) {
        while true {
            let (fromGuest, fromHost) = (pair.left.flush(), pair.right.flush())
            if fromGuest.isEmpty && fromHost.isEmpty { return }
            write("guest", fromGuest, to: &text)
            write("host ", fromHost, to: &text)
            pair.right.hear(fromGuest)
            pair.left.hear(fromHost)
        }
    }

    private func write(_ who: String, _ bytes: [UInt8], to text: inout String) {
        let names = ["?", "hello", "level", "entropy", "receipt", "status", "heartbeat", "close"]
        var rest = bytes[...]
        while !rest.isEmpty {
            let header = Array(rest.prefix(8))
            let payload = Array(rest.dropFirst(8).prefix(Int(header[4]) << 8 | Int(header[5])))
            rest = rest.dropFirst(8 + payload.count)
            let name = names[Int(header[3])].padding(toLength: 10, withPad: " ", startingAt: 0)
            text += "\(who) \(name) \(hex(header))\n"
            for begin in stride(from: 0, to: payload.count, by: 16) {
                let line = payload[begin..<min(begin + 16, payload.count)]
                text += String(repeating: " ", count: 17) + hex(line) + "\n"
            }
        }
    }
}
