// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import EntmeshNode
import Testing

@Suite("Framing")
struct FramingTests {
    /// One of everything a host may hear from a buffer, and a skippable frame between.
    private static let conversation: [UInt8] =
        End.encodedHello(.buffer) + frame(0x02, [50]) + frame(0x80, [1, 2, 3])
        + frame(0x03, [0, 0, 0, 1, 0, 0, 0, 9, 0xAB, 0xCD]) + frame(0x06, [0])
        + frame(0x05, [1, 0, 1, 0, 1, 0, 0, 1, 0x36, 1, 0x76]) + frame(0xFF, [0])
        + frame(0x03, [0, 0, 0, 2, 0, 0, 0, 0] + [UInt8](repeating: 3, count: 4096))
        + frame(0x06, [1]) + frame(0x02, [51]) + frame(0x07, [0])

    private func listen(pieceSize: Int) -> ([Event], [UInt8], Int) {
        var end = End(.buffer)
        end.start()
        end.hear(Self.conversation, pieceSize: pieceSize)
        let skipped = end.connection.skippedFrames
        let written = end.flush()
        return (end.events, written, skipped)
    }

    @Test("however a stream is cut, the events and the answers are the same")
    func cutting() {
        let (whole, answers, skipped) = listen(pieceSize: .max)
        #expect(whole.count == 7)
        #expect(whole.last == .closed(.shutdown, byPeer: true))
        #expect(skipped == 2)
        for pieceSize in [1, 2, 3, 5, 7, 8, 9, 13, 64, 257, 4096] {
            let (events, written, count) = listen(pieceSize: pieceSize)
            #expect(events == whole, "in pieces of \(pieceSize)")
            #expect(written == answers)
            #expect(count == skipped)
        }
    }

    @Test("after an event the offset stands right behind its frame")
    func offset() {
        var end = End(.host)
        end.start()
        let hello = End.encodedHello(.guest)
        let bytes = hello + frame(0x02, [5]) + [0x45]
        var offset = 0
        var event = Event(
            end.connection.receive(
                bytes.span.bytes, offset: &offset, now: .start, into: &end.wire))
        #expect(event == .opened(.guest))
        #expect(offset == hello.count)
        event = Event(
            end.connection.receive(
                bytes.span.bytes, offset: &offset, now: .start, into: &end.wire))
        #expect(event == .level(5))
        #expect(offset == bytes.count - 1)
        event = Event(
            end.connection.receive(
                bytes.span.bytes, offset: &offset, now: .start, into: &end.wire))
        #expect(event == nil)
        #expect(offset == bytes.count)
    }

    @Test("feeding nothing is nothing")
    func empty() {
        var end = End(.host)
        end.start()
        var offset = 0
        let event = Event(
            end.connection.receive(
                [UInt8]().span.bytes, offset: &offset, now: .start, into: &end.wire))
        #expect(event == nil)
    }

    @Test("a stranger is turned away at the first wrong byte of a header")
    func wrongHeader() {
        let right: [UInt8] = [0x45, 0x4D, 1, 1, 0, 1, 0, 0]
        for (index, byte) in [(0, 0x44), (0, 0x16), (1, 0x4E), (2, 0), (6, 1), (7, 1)]
            as [(Int, UInt8)]
        {
            var header = right
            header[index] = byte
            var end = End(.host)
            end.start()
            // Bytes 6 and 7 are looked at together.
            let last = index == 6 ? 7 : index
            let before = end.hear(Array(header[..<last]))
            #expect(before.isEmpty)
            let events = end.hear(Array(header[last...]))
            #expect(events == [.closed(.malformedFrame, byPeer: false)], "byte \(index)")
            let answer = end.flush()
            #expect(answer.isEmpty, "a stranger gets no answer")
        }
    }

    @Test("a payload of no bytes is malformed, for every type")
    func lengthZero() {
        for type in UInt8.min...UInt8.max {
            var end = End(.buffer)
            end.open(with: .buffer)
            let events = end.hear(frame(type, []))
            #expect(events == [.closed(.malformedFrame, byPeer: false)], "type \(type)")
        }
    }

    @Test("a control message of more than 256 bytes is malformed at its header", arguments: 1...127)
    func tooLong(type: UInt8) {
        guard type != 0x03 else { return }
        var end = End(.buffer)
        end.open(with: .buffer)
        let before = end.hear([0x45, 0x4D, 1, type, 1, 0, 0, 0])
        #expect(before.isEmpty, "256 may still come")
        var other = End(.buffer)
        other.open(with: .buffer)
        let events = other.hear([0x45, 0x4D, 1, type, 1, 1, 0, 0])
        #expect(events == [.closed(.malformedFrame, byPeer: false)])
    }

    @Test("an unknown type below 0x80 ends the connection, from 0x80 on it is skipped")
    func unknownTypes() {
        for type in UInt8.min...UInt8.max where !(0x01...0x07).contains(type) {
            var end = End(.buffer)
            end.open(with: .buffer)
            let events = end.hear(frame(type, [1, 2, 3]) + frame(0x02, [9]))
            let skipped = end.connection.skippedFrames
            #expect(
                events
                    == (type >= 0x80 ? [.level(9)] : [.closed(.malformedFrame, byPeer: false)]))
            #expect(skipped == (type >= 0x80 ? 1 : 0))
        }
    }

    @Test(
        "a skipped frame may be as long as a length can say, and come in any pieces",
        arguments: [1, 1000, 65_543])
    func longestSkipped(pieceSize: Int) {
        var end = End(.host)
        end.open(with: .guest)
        let long = frame(0x9C, [UInt8](repeating: 0x45, count: 65_535))
        end.hear(long, pieceSize: pieceSize)
        var skipped = end.connection.skippedFrames
        #expect(skipped == 1)
        let events = end.hear(long + long + frame(0x02, [1]))
        #expect(events == [.level(1)])
        skipped = end.connection.skippedFrames
        #expect(skipped == 3)
    }

    @Test("a frame may be skipped before the hello as well")
    func skippedBeforeHello() {
        var end = End(.host)
        end.start()
        let events = end.hear(frame(0x80, [1]) + End.encodedHello(.guest))
        #expect(events == [.opened(.guest)])
    }

    @Test("heartbeats that find no room for an answer are too many")
    func heartbeatFlood() {
        var end = End(.host, wireCapacity: 50)
        end.open(with: .guest)
        let events = end.hear((0..<6).flatMap { _ in frame(0x06, [0]) })
        #expect(events == [.closed(.tooManyMessages, byPeer: false)])
        let answers = end.flush()
        #expect(answers == (0..<5).flatMap { _ in frame(0x06, [1]) })
    }

    @Test("any one byte of a conversation may be any other: nothing traps, nothing follows the end")
    func everyByteFlipped() {
        let short =
            End.encodedHello(.buffer) + frame(0x02, [50])
            + frame(0x03, [0, 0, 0, 1, 0, 0, 0, 9, 0xAB, 0xCD])
            + frame(0x05, [1, 0, 1, 0, 1, 0, 0, 1, 0x36, 1, 0x76]) + frame(0x06, [0])
        for index in short.indices {
            for value in [0, 1, 0x7F, 0x80, 0xFF, short[index] &+ 1, short[index] &- 1] {
                var bytes = short
                bytes[index] = value
                var end = End(.buffer)
                end.start()
                end.hear(bytes)
                let (events, reason) = (end.events, end.connection.closeReason)
                #expect(events.dropLast().allSatisfy { !$0.isEnd })
                #expect((reason != nil) == (events.last?.isEnd ?? false))
            }
        }
    }
}
