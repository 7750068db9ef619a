// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import EntmeshNode

/// One end of a connection in memory: a `Connection`, what it wrote and what happened to it.
struct End: ~Copyable {
    var connection: Connection
    var wire: WireBuffer
    /// Everything it ever wrote.
    private(set) var written: [UInt8] = []
    /// Everything that happened to it.
    private(set) var events: [Event] = []
    /// What it answers a block with; nil to leave it unacknowledged.
    var answer: ((UInt32) -> Receipt?)? = { Receipt(sequence: $0, outcome: .accepted) }
    /// The level it announces after a block, before the receipt.
    var levelAfterBlock: FillLevel?

    init(
        _ hello: Hello, keepalive: Keepalive = .host, largestBlock: Int = Wire.largestBufferBlock,
        wireCapacity: Int = 1 << 16
    ) {
        connection = Connection(hello: hello, keepalive: keepalive, largestBlock: largestBlock)
        wire = WireBuffer(capacity: wireCapacity)
    }

    /// Takes what waits to be written off the wire.
    mutating func flush() -> [UInt8] {
        let bytes = wire.drainAll()
        written += bytes
        return bytes
    }

    /// Begins, and forgets what was written.
    mutating func start(now: Moment = .start) {
        connection.start(now: now, into: &wire)
        _ = flush()
    }

    /// Begins and hears `peer`'s hello.
    mutating func open(with peer: Hello, now: Moment = .start) {
        start(now: now)
        hear(Self.encodedHello(peer), now: now)
    }

    /// Feeds `bytes`, in pieces of `pieceSize`, answering blocks; returns what happened.
    @discardableResult
    mutating func hear(
        _ bytes: [UInt8], now: Moment = .start, pieceSize: Int = .max
    ) -> [Event] {
        let first = events.count
        var begin = 0
        while begin < bytes.count {
            let end = begin + min(pieceSize, bytes.count - begin)
            hearPiece(Array(bytes[begin..<end]), now)
            begin = end
            // Who owns a connection stops reading when it is over.
            if events.count > first, events.last?.isEnd == true { break }
        }
        return Array(events[first...])
    }

    private mutating func hearPiece(_ bytes: [UInt8], _ now: Moment) {
        var offset = 0
        while let event = Event(
            connection.receive(bytes.span.bytes, offset: &offset, now: now, into: &wire))
        {
            events.append(event)
            if case .transfer(let sequence, _, _) = event {
                acknowledge(sequence)
            }
            if event.isEnd { return }
        }
        precondition(offset == bytes.count, "bytes left over after .needsMore")
    }

    private mutating func acknowledge(_ sequence: UInt32) {
        guard let receipt = answer?(sequence) else { return }
        if let levelAfterBlock {
            connection.announce(levelAfterBlock, into: &wire)
        }
        connection.acknowledge(receipt, into: &wire)
    }

    /// The frame a connection introducing itself as `hello` begins with.
    static func encodedHello(_ hello: Hello) -> [UInt8] {
        var end = End(hello)
        end.connection.start(now: .start, into: &end.wire)
        return end.flush()
    }
}
