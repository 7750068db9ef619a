// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import EntmeshNode
import Testing

@Suite("The end of a connection")
struct CloseTests {
    @Test("a close is written once")
    func once() {
        var end = End(.host)
        end.open(with: .guest)
        end.connection.close(.shutdown, into: &end.wire)
        end.connection.close(.replaced, into: &end.wire)
        end.connection.abandon(.endOfStream)
        let (written, reason) = (end.flush(), end.connection.closeReason)
        #expect(written == frame(0x07, [0]))
        #expect(reason == .shutdown)
    }

    @Test("a close during the handshake is written too")
    func duringHandshake() {
        var end = End(.host)
        end.start()
        end.connection.close(.unknownGuest, into: &end.wire)
        let written = end.flush()
        #expect(written == frame(0x07, [14]))
    }

    @Test("a peer that closed gets no close back")
    func noAnswer() {
        var end = End(.host)
        end.open(with: .guest)
        let events = end.hear(frame(0x07, [0]))
        #expect(events == [.closed(.shutdown, byPeer: true)])
        end.connection.close(.silent, into: &end.wire)
        let written = end.flush()
        #expect(written.isEmpty)
    }

    @Test("an abandoned connection is over without a word")
    func abandoned() {
        var end = End(.host)
        end.open(with: .guest)
        end.connection.abandon(.endOfStream)
        let (written, reason, isOpen) =
            (end.flush(), end.connection.closeReason, end.connection.isOpen)
        #expect(written.isEmpty)
        #expect(reason == .endOfStream)
        #expect(!isOpen)
    }

    @Test("after the end nothing is written, whatever is asked")
    func nothingAfter() {
        var end = End(.buffer, keepalive: .betweenHosts)
        end.open(with: .buffer)
        end.hear(frame(0x03, [0, 0, 0, 1, 0, 0, 0, 8, 0xAB]))
        _ = end.flush()
        end.connection.abandon(.endOfStream)
        let spoke = end.saysAnything()
        #expect(!spoke)
        end.connection.acknowledge(Receipt(sequence: 1, outcome: .accepted), into: &end.wire)
        let ended = end.connection.tick(now: .start + .seconds(900), into: &end.wire)
        #expect(ended == nil)
        let (written, maySend) = (end.flush(), end.connection.maySend)
        #expect(written.isEmpty)
        #expect(!maySend)
    }

    @Test("after the end nothing is heard, and the reason stays")
    func deafAfter() {
        var end = End(.buffer)
        end.open(with: .buffer)
        end.hear(frame(0x07, [1]))
        let events = end.hear(frame(0x02, [5]) + frame(0x06, [0]))
        #expect(events == [.closed(.replaced, byPeer: false)])
        let written = end.flush()
        #expect(written.isEmpty)
    }

    @Test("every reason has a number, a label, and survives the wire")
    func reasons() {
        var labels: Set<String> = []
        for raw in UInt8.min...UInt8.max {
            var end = End(.host)
            end.open(with: .guest)
            let events = end.hear(frame(0x07, [raw]))
            let expected = CloseReason(rawValue: raw) ?? .unknown
            #expect(events == [.closed(expected, byPeer: true)])
            guard expected.rawValue == raw else { continue }
            let label = expected.label.description
            #expect(label.allSatisfy { $0.isLowercase || $0 == "-" })
            let isNew = labels.insert(label).inserted
            #expect(isNew)
        }
        #expect(labels.count == 27)
    }
}
