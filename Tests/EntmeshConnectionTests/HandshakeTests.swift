// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import EntmeshNode
import Testing

@Suite("Handshake")
struct HandshakeTests {
    @Test("both ends say hello at once and each learns who the other is")
    func bothOpen() {
        let pair = Pair.guestAndHost()
        let (left, right) = (pair.left.events, pair.right.events)
        #expect(left == [.opened(.host)])
        #expect(right == [.opened(.guest)])
        let open = [pair.left.connection.isOpen, pair.right.connection.isOpen]
        #expect(open == [true, true])
        let peer = pair.right.connection.peer
        #expect(peer == .guest)
    }

    @Test("nothing can be said before it")
    func silentBefore() {
        var end = End(.buffer)
        var spoke = end.saysAnything()
        #expect(!spoke)
        end.connection.start(now: .start, into: &end.wire)
        _ = end.flush()
        spoke = end.saysAnything()
        #expect(!spoke)
        let (isOpen, due, peer, announced, blocks, byteCount) =
            (
                end.connection.isOpen, end.connection.statusDue, end.connection.peer,
                end.connection.announcedLevel, end.connection.blocksInFlight,
                end.connection.bytesInFlight
            )
        #expect(!isOpen)
        #expect(due == nil)
        #expect(peer == nil)
        #expect(announced == nil)
        #expect(blocks == 0)
        #expect(byteCount == 0)
    }

    @Test("begins once: a second start writes nothing")
    func startsOnce() {
        var end = End(.guest)
        end.start()
        end.connection.start(now: .start, into: &end.wire)
        let again = end.flush()
        #expect(again.isEmpty)
    }

    @Test(
        "any message before the hello ends it without an answer",
        arguments: [
            frame(0x02, [5]), frame(0x03, [0, 0, 0, 1, 0, 0, 0, 0, 7]),
            frame(0x04, [0, 0, 0, 1, 1, 0, 0]), frame(0x05, [0, 0, 0, 0, 0, 0, 0, 0, 0]),
            frame(0x06, [0]), frame(0x06, [1]),
        ])
    func messageBeforeHello(message: [UInt8]) {
        var end = End(.buffer)
        end.start()
        let events = end.hear(message)
        #expect(events == [.closed(.unexpectedMessage, byPeer: false)])
        let answer = end.flush()
        #expect(answer.isEmpty)
    }

    @Test("a hello that comes before our own start ends it")
    func helloBeforeStart() {
        var end = End(.buffer)
        let events = end.hear(End.encodedHello(.buffer))
        #expect(events == [.closed(.unexpectedMessage, byPeer: false)])
        end.connection.start(now: .start, into: &end.wire)
        let written = end.flush()
        #expect(written.isEmpty)
    }

    @Test("a second hello ends it, and the peer is told why")
    func secondHello() {
        var end = End(.host)
        end.open(with: .guest)
        let events = end.hear(End.encodedHello(.guest))
        #expect(events == [.closed(.unexpectedMessage, byPeer: false)])
        let answer = end.flush()
        #expect(answer == frame(0x07, [CloseReason.unexpectedMessage.rawValue]))
    }

    @Test("a peer may refuse us before it says hello")
    func refused() {
        var end = End(.guest)
        end.start()
        let events = end.hear(frame(0x07, [CloseReason.unknownGuest.rawValue]))
        #expect(events == [.closed(.unknownGuest, byPeer: true)])
        let answer = end.flush()
        #expect(answer.isEmpty)
    }

    @Test("a close from before the start keeps the connection from ever beginning")
    func closedBeforeStart() {
        var end = End(.guest)
        end.connection.close(.shutdown, into: &end.wire)
        end.connection.start(now: .start, into: &end.wire)
        let (written, reason) = (end.flush(), end.connection.closeReason)
        #expect(written.isEmpty)
        #expect(reason == .shutdown)
    }

    // MARK: Versions

    private static func hello(_ versions: ClosedRange<UInt8>) -> Hello {
        Hello.guest.with {
            $0.lowestVersion = versions.lowerBound
            $0.highestVersion = versions.upperBound
        }
    }

    private static let versions:
        [(ours: ClosedRange<UInt8>, theirs: ClosedRange<UInt8>, common: UInt8?)] = [
            (1...1, 1...1, 1), (1...1, 1...3, 1), (1...3, 1...1, 1), (1...3, 1...2, 2),
            (1...3, 2...3, 3), (2...3, 1...2, 2), (1...1, 2...3, nil), (2...3, 1...1, nil),
            (1...255, 255...255, 255), (1...254, 255...255, nil),
        ]

    @Test("the highest common version wins, whoever asks", arguments: versions)
    func commonVersion(ours: ClosedRange<UInt8>, theirs: ClosedRange<UInt8>, common: UInt8?) {
        #expect(Self.hello(ours).commonVersion(with: Self.hello(theirs)) == common)
        #expect(Self.hello(theirs).commonVersion(with: Self.hello(ours)) == common)
    }

    @Test("two ends agree on a version by themselves and use it from there on", arguments: versions)
    func agree(ours: ClosedRange<UInt8>, theirs: ClosedRange<UInt8>, common: UInt8?) {
        var pair = Pair(End(Self.hello(ours)), End(Self.hello(theirs)))
        pair.shakeHands()
        guard let common else {
            let ends = [pair.left.events.first, pair.right.events.first]
            #expect(ends == Array(repeating: .closed(.versionMismatch, byPeer: false), count: 2))
            return
        }
        pair.left.connection.announce(.of(7), into: &pair.left.wire)
        let sent = pair.left.flush()
        #expect(sent == frame(0x02, [7], version: common))
        let heard = pair.right.hear(sent)
        #expect(heard == [.level(7)])
    }

    @Test("a peer of versions 2 to 3 is told that there is none in common")
    func mismatchIsTold() {
        var end = End(.host)
        end.start()
        let events = end.hear(End.encodedHello(Self.hello(2...3)))
        #expect(events == [.closed(.versionMismatch, byPeer: false)])
        let answer = end.flush()
        #expect(answer == frame(0x07, [CloseReason.versionMismatch.rawValue]))
    }

    @Test("a message in another version than the one agreed on is malformed", arguments: [1, 3, 4])
    func wrongVersion(version: UInt8) {
        var end = End(Self.hello(1...2))
        end.open(with: Self.hello(1...3))
        let events = end.hear(frame(0x06, [0], version: version))
        #expect(events == [.closed(.malformedFrame, byPeer: false)])
    }

    @Test("hello and close stay in version 1's frame, whatever was agreed on")
    func frozenFrames() {
        #expect(End.encodedHello(Self.hello(2...3)).prefix(4) == [0x45, 0x4D, 1, 1])
        var end = End(Self.hello(1...3))
        end.open(with: Self.hello(1...3))
        end.connection.close(.shutdown, into: &end.wire)
        let written = end.flush()
        #expect(written == frame(0x07, [0]))
        // An end that gave up before it had heard our hello knows no other version.
        var other = End(Self.hello(1...3))
        other.open(with: Self.hello(1...3))
        let events = other.hear(frame(0x07, [CloseReason.handshakeTimeout.rawValue]))
        #expect(events == [.closed(.handshakeTimeout, byPeer: true)])
    }
}

extension End {
    /// Tries everything an open connection can say; returns whether any of it was written.
    mutating func saysAnything() -> Bool {
        connection.announce(.of(50), into: &wire)
        _ = connection.send(Entropy(32, of: 1), now: .start, into: &wire)
        connection.acknowledge(Receipt(sequence: 0, outcome: .accepted), into: &wire)
        connection.report(.example, now: .start, into: &wire)
        return !flush().isEmpty
    }
}
