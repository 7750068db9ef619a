// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import EntmeshNode
import Testing

@Suite("Transfers")
struct TransferTests {
    @Test("a block arrives with its bytes and its claim, and its receipt comes back")
    func thereAndBack() {
        var pair = Pair.guestAndHost()
        pair.left.answer = { Receipt(sequence: $0, outcome: .reseeded) }
        let sequence = pair.right.connection.send(
            Entropy([1, 2, 3, 4], bits: 17), now: pair.now, into: &pair.right.wire)
        #expect(sequence == 1)
        var (blocks, byteCount) =
            (pair.right.connection.blocksInFlight, pair.right.connection.bytesInFlight)
        #expect(blocks == 1)
        #expect(byteCount == 4)
        pair.run()
        let (left, right) = (pair.left.events.last, pair.right.events.last)
        #expect(left == .transfer(sequence: 1, bits: 17, [1, 2, 3, 4]))
        #expect(
            right == .receipt(Receipt(sequence: 1, outcome: .reseeded), byteCount: 4))
        (blocks, byteCount) =
            (pair.right.connection.blocksInFlight, pair.right.connection.bytesInFlight)
        #expect(blocks == 0)
        #expect(byteCount == 0)
    }

    @Test(
        "each outcome is understood, with its errno",
        arguments: 1...7 as ClosedRange<UInt8>)
    func outcomes(raw: UInt8) throws {
        let outcome = try #require(Receipt.Outcome(rawValue: raw))
        #expect(outcome.isDelivery == (raw <= 5))
        let receipt = Receipt(sequence: 1, outcome: outcome, errorNumber: 0x1234)
        var pair = Pair.guestAndHost()
        pair.left.answer = { _ in receipt }
        _ = pair.right.connection.send(
            Entropy(32, of: 9), now: pair.now, into: &pair.right.wire)
        pair.run()
        let last = pair.right.events.last
        #expect(last == .receipt(receipt, byteCount: 32))
    }

    @Test("the level comes before the receipt, in one write")
    func levelBeforeReceipt() {
        var end = End(.guest)
        end.open(with: .host)
        end.connection.announce(.of(0), into: &end.wire)
        _ = end.flush()
        end.levelAfterBlock = .of(100)
        end.hear(frame(0x03, [0, 0, 0, 1, 0, 0, 0, 8, 0xAB]))
        let written = end.flush()
        #expect(written == frame(0x02, [100]) + frame(0x04, [0, 0, 0, 1, 5, 0, 0]))
    }

    @Test("toward a pool there is one block in flight")
    func oneTowardPool() {
        var pair = Pair.guestAndHost()
        let sent = (0..<3).map { _ in
            pair.right.connection.send(
                Entropy(32, of: 1), now: pair.now, into: &pair.right.wire)
        }
        #expect(sent == [1, nil, nil])
        pair.run()
        let maySend = pair.right.connection.maySend
        #expect(maySend)
        let next = pair.right.connection.send(
            Entropy(32, of: 2), now: pair.now, into: &pair.right.wire)
        #expect(next == 2)
    }

    @Test("toward a buffer there are up to 64 in flight, acknowledged in order")
    func windowTowardBuffer() {
        var pair = Pair.hosts()
        let sent = (1...65).map { size in
            pair.left.connection.send(
                Entropy(size, of: UInt8(size)), now: pair.now, into: &pair.left.wire)
        }
        #expect(sent == (1...64).map { UInt32($0) } + [nil])
        let byteCount = pair.left.connection.bytesInFlight
        #expect(byteCount == 64 * 65 / 2)
        pair.run()
        let receipts = pair.left.events.dropFirst()
        #expect(
            Array(receipts)
                == (1...64).map {
                    .receipt(
                        Receipt(sequence: UInt32($0), outcome: .accepted), byteCount: $0)
                })
        let next = pair.left.connection.send(
            Entropy(1, of: 0), now: pair.now, into: &pair.left.wire)
        #expect(next == 65)
    }

    @Test("the ring of blocks in flight survives many rounds")
    func manyRounds() {
        var pair = Pair.hosts()
        for round in 0..<50 {
            for index in 0..<(round % 7 + 1) {
                _ = pair.left.connection.send(
                    Entropy(32 + index, of: 1), now: pair.now, into: &pair.left.wire)
            }
            pair.run()
        }
        let (isOpen, blocks, byteCount) =
            (
                pair.left.connection.isOpen, pair.left.connection.blocksInFlight,
                pair.left.connection.bytesInFlight
            )
        #expect(isOpen)
        #expect(blocks == 0)
        #expect(byteCount == 0)
    }

    @Test(
        "a receipt for another block than the oldest ends the connection",
        arguments: [0, 2, 3, 4, .max] as [UInt32])
    func receiptOutOfOrder(sequence: UInt32) {
        var end = End(.buffer)
        end.open(with: .buffer)
        for _ in 0..<3 {
            _ = end.connection.send(Entropy(32, of: 1), now: .start, into: &end.wire)
        }
        let bytes = (0..<4).map { UInt8(truncatingIfNeeded: sequence >> (24 - 8 * $0)) }
        let events = end.hear(frame(0x04, bytes + [5, 0, 0]))
        #expect(events == [.closed(.unexpectedMessage, byPeer: false)])
    }

    @Test("a receipt when nothing is in flight ends the connection")
    func receiptForNothing() {
        var end = End(.host)
        end.open(with: .guest)
        let events = end.hear(frame(0x04, [0, 0, 0, 0, 5, 0, 0]))
        #expect(events == [.closed(.unexpectedMessage, byPeer: false)])
    }

    @Test(
        "blocks of 1 to 4096 bytes may be sent, none of 0 or 4097", arguments: [0, 1, 4096, 4097])
    func sizesSent(size: Int) {
        var end = End(.buffer)
        end.open(with: .buffer)
        let sequence = end.connection.send(Entropy(size, of: 1), now: .start, into: &end.wire)
        #expect(sequence == (1...4096 ~= size ? 1 : nil))
        let blocks = end.connection.blocksInFlight
        #expect(blocks == (sequence == nil ? 0 : 1))
    }

    @Test(
        "a block as large as we allow is taken, one byte more ends the connection",
        arguments: [1, 32, 512, 4096])
    func sizesTaken(largest: Int) {
        let header: [UInt8] = [0, 0, 0, 1, 0, 0, 0, 0]
        for (size, isTaken) in [(largest - 1, largest > 1), (largest, true), (largest + 1, false)] {
            var end = End(.buffer, largestBlock: largest)
            end.open(with: .buffer)
            let block = [UInt8](repeating: 7, count: size)
            let events = end.hear(frame(0x03, header + block))
            // The control messages' 256 bytes are no block's allowance.
            #expect(
                events
                    == (isTaken
                        ? [.transfer(sequence: 1, bits: 0, block)]
                        : [.closed(.malformedFrame, byPeer: false)]),
                "\(size) of \(largest)")
        }
    }

    @Test(
        "a claim up to eight bits a byte is taken, one bit more ends the connection",
        arguments: [(bits: 0, isTaken: true), (15, true), (16, true), (17, false), (255, false)])
    func overCredit(bits: UInt8, isTaken: Bool) {
        var end = End(.guest)
        end.open(with: .host)
        let events = end.hear(frame(0x03, [0, 0, 0, 1, 0, 0, 0, bits, 1, 2]))
        #expect(
            events
                == (isTaken
                    ? [.transfer(sequence: 1, bits: Int(bits), [1, 2])]
                    : [.closed(.malformedFrame, byPeer: false)]))
    }

    @Test(
        "a block out of sequence ends the connection and its bytes go nowhere",
        arguments: [0, 1, 3, .max] as [UInt32])
    func sequenceBroken(second: UInt32) {
        var end = End(.guest)
        end.open(with: .host)
        end.hear(frame(0x03, [0, 0, 0, 1, 0, 0, 0, 8, 0xAB]))
        let bytes = (0..<4).map { UInt8(truncatingIfNeeded: second >> (24 - 8 * $0)) }
        let events = end.hear(frame(0x03, bytes + [0, 0, 0, 8, 0xCD]))
        #expect(events == [.closed(.sequenceBroken, byPeer: false)])
    }

    @Test("a block from a peer that said it sends none ends the connection")
    func blockFromTaker() {
        var end = End(.buffer)
        end.open(with: .guest)
        let events = end.hear(frame(0x03, [0, 0, 0, 1, 0, 0, 0, 8, 0xAB]))
        #expect(events == [.closed(.unexpectedMessage, byPeer: false)])
    }

    @Test("a block to an end that accepts none is longer than it may be")
    func blockToGiver() {
        var end = End(.host)
        end.open(with: .buffer)
        let events = end.hear(frame(0x03, [0, 0, 0, 1, 0, 0, 0, 8, 0xAB]))
        #expect(events == [.closed(.malformedFrame, byPeer: false)])
    }

    @Test("an end that does not send, or whose peer refuses, sends nothing")
    func notSent() {
        var taker = End(.guest)
        taker.open(with: .buffer)
        var sequence = taker.connection.send(Entropy(32, of: 1), now: .start, into: &taker.wire)
        #expect(sequence == nil)
        var giver = End(.buffer)
        giver.open(with: .host)
        sequence = giver.connection.send(Entropy(32, of: 1), now: .start, into: &giver.wire)
        #expect(sequence == nil)
        let written = [taker.flush(), giver.flush()]
        #expect(written == [[], []])
    }

    @Test("a block that finds no room on the wire is lost, not counted as in flight")
    func noRoom() {
        var end = End(.buffer, wireCapacity: 60)
        end.open(with: .buffer)
        let first = end.connection.send(Entropy(45, of: 1), now: .start, into: &end.wire)
        #expect(first == nil)
        let (isEmpty, blocks) = (end.wire.isEmpty, end.connection.blocksInFlight)
        #expect(isEmpty)
        #expect(blocks == 0)
        let second = end.connection.send(Entropy(44, of: 1), now: .start, into: &end.wire)
        #expect(second == 1)
    }

    @Test("a block is acknowledged once, and only by its own number")
    func acknowledgedOnce() {
        var end = End(.guest)
        end.open(with: .host)
        end.answer = nil
        end.hear(frame(0x03, [0, 0, 0, 1, 0, 0, 0, 8, 0xAB]))
        for sequence in [2, 0, 1, 1] as [UInt32] {
            end.connection.acknowledge(
                Receipt(sequence: sequence, outcome: .seeded), into: &end.wire)
        }
        let written = end.flush()
        #expect(written == frame(0x04, [0, 0, 0, 1, 1, 0, 0]))
    }

    @Test("feeding a second block before the first was acknowledged ends the connection")
    func blockBeforeReceipt() {
        var end = End(.guest)
        end.open(with: .host)
        end.answer = nil
        end.hear(frame(0x03, [0, 0, 0, 1, 0, 0, 0, 8, 0xAB]))
        let events = end.hear(frame(0x03, [0, 0, 0, 2, 0, 0, 0, 8, 0xCD]))
        #expect(events == [.closed(.unexpectedMessage, byPeer: false)])
    }

    @Test("both directions carry blocks at once")
    func bothWays() {
        var pair = Pair.hosts()
        for byte in 1...10 {
            _ = pair.left.connection.send(
                Entropy(64, of: UInt8(byte)), now: pair.now, into: &pair.left.wire)
            _ = pair.right.connection.send(
                Entropy(32, of: UInt8(byte)), now: pair.now, into: &pair.right.wire)
        }
        pair.run()
        let (left, right) = (pair.left.events.count, pair.right.events.count)
        #expect(left == 21)
        #expect(right == 21)
    }

    @Test("a pool's status arrives as it was reported")
    func status() {
        var pair = Pair.guestAndHost()
        pair.left.connection.report(.example, now: pair.now, into: &pair.left.wire)
        pair.run()
        let last = pair.right.events.last
        #expect(last == .status(.example))
    }
}
