// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshNode
import Testing

@testable import EntmeshConnection

@Suite("Wire vectors")
struct VectorTests {
    /// Feeds a vector in pieces of `pieceSize`; returns what was expected of the end and its reply.
    private func play(_ vector: Vector, pieceSize: Int) throws -> (outcome: String, reply: [UInt8])
    {
        var end = try vector.end()
        end.start()
        var rest = vector.stream[...]
        if let size = vector.sent {
            let helloByteCount = 8 + Int(rest[4]) << 8 + Int(rest[5])
            end.hear(Array(rest.prefix(helloByteCount)), pieceSize: pieceSize)
            _ = end.connection.send(Entropy(size, of: 1), now: .start, into: &end.wire)
            _ = end.flush()
            rest = rest.dropFirst(helloByteCount)
        }
        let events = end.hear(Array(rest), pieceSize: pieceSize)
        let skipped = end.connection.skippedFrames
        let outcome: String
        if vector.expect.hasPrefix("skipped") {
            outcome = "skipped \(skipped)"
        } else if vector.expect == "needs-more" {
            let isQuiet = events.allSatisfy { if case .opened = $0 { true } else { false } }
            outcome = isQuiet ? "needs-more" : "something happened"
        } else {
            outcome = events.last?.words ?? "nothing happened"
        }
        return (outcome, end.flush())
    }

    @Test("each gives what it says, at once and byte by byte", arguments: Vector.all)
    func vector(_ vector: Vector) throws {
        for pieceSize in [Int.max, 1] {
            let (outcome, reply) = try play(vector, pieceSize: pieceSize)
            #expect(outcome == vector.expect, "\(vector.what)")
            if let expected = vector.reply {
                #expect(reply == expected, "\(vector.what)")
            }
        }
    }

    @Test("there are enough of them, for every message, every role and the commonest endings")
    func coverage() {
        #expect(Vector.all.count >= 100)
        let outcomes = Set(Vector.all.compactMap { $0.expect.split(separator: " ").first })
        #expect(
            outcomes == [
                "opened", "level", "transfer", "receipt", "status", "skipped", "needs-more",
                "closed", "closed-by-peer",
            ])
        for reason in [
            "malformed-frame", "unexpected-message", "version-mismatch", "repeated-level",
            "sequence-broken",
        ] {
            #expect(Vector.all.contains { $0.expect == "closed \(reason)" })
        }
        #expect(Set(Vector.all.map(\.role)) == ["host", "guest", "buffer"])
    }

    @Test("every message that is accepted is encoded back to the same bytes", arguments: Vector.all)
    func roundTrip(_ vector: Vector) {
        guard !vector.expect.hasPrefix("closed ") else { return }
        var decoder = FrameDecoder(largestBlock: Wire.largestBufferBlock)
        var offset = 0
        var begin = 0
        while offset < vector.stream.count {
            switch decoder.take(vector.stream.span.bytes, offset: &offset) {
            case .incomplete: return
            case .malformed: return
            case .skipped: break
            case .frame(let type, let version):
                guard let message = decoder.message() else {
                    Issue.record("type \(type) was accepted by a connection but does not decode")
                    return
                }
                // A reason that version 1 does not know cannot come back as itself.
                guard vector.name != "close-unknown-reason" || type != MessageType.close else {
                    return
                }
                var wire = WireBuffer()
                let isWhole = wire.encode(message, version: version)
                #expect(isWhole)
                let again = wire.drainAll()
                #expect(again == Array(vector.stream[begin..<offset]))
                decoder.finishFrame()
            }
            begin = offset
        }
    }
}
