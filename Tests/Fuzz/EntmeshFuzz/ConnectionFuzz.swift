// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConnection
internal import EntmeshNode

/// A connection against arbitrary bytes.
///
/// The first byte of an input says who listens and how the rest is cut into reads; the rest is the
/// stream. The listener answers as its owner would: announces its level, sends blocks, acknowledges.
/// What must hold, whatever comes:
///  - nothing traps, and no more is in flight than may be;
///  - the same stream in other pieces gives the same events and the same bytes in answer;
///  - after the end nothing is written;
///  - what the listener wrote is well-formed to a conforming peer.
enum ConnectionFuzz {
    private static let start = Moment(nanoseconds: 1_000_000_000)

    static func run(_ input: RawSpan) {
        guard 1...longestStream ~= input.byteCount else { return }
        let head = input.unsafeLoad(fromByteOffset: 0, as: UInt8.self)
        let stream = input.extracting(droppingFirst: 1)
        var whole = Listener(role: Int(head & 3))
        whole.hear(stream, pieceSize: .max)
        whole.checkTheEnd()
        var pieces = Listener(role: Int(head & 3))
        pieces.hear(stream, pieceSize: 1 + Int(head >> 2))
        pieces.checkTheEnd()
        precondition(whole.events == pieces.events, "other pieces, other events")
        precondition(whole.answers == pieces.answers, "other pieces, other answers")
    }

    /// Above this an input is passed over: room for the answer to each of its frames is kept.
    private static let longestStream = 32_768

    private static func hello(role: Int) -> Hello {
        Hello(
            kind: role == 0 ? .pool : .buffer, capacity: 4096, sends: role != 0,
            accepts: role == 1 ? .refuse : .credit, isReady: true, occasion: .start,
            agentVersion: PrintableText("fuzz"))
    }

    /// The end under test and the conforming peer that reads what it writes.
    private struct Listener: ~Copyable {
        private var connection: Connection
        private var wire = WireBuffer(
            capacity: ConnectionFuzz.longestStream + WireBuffer.defaultCapacity)
        private var mirror: Mirror?
        private var unread: [UInt8] = []
        private var isOver = false
        /// Digests of everything that happened, and of everything that was written.
        private(set) var events = Digest()
        private(set) var answers = Digest()

        init(role: Int) {
            connection = Connection(
                hello: ConnectionFuzz.hello(role: role), keepalive: .guest,
                largestBlock: role == 0 ? Wire.largestPoolBlock : Wire.largestBufferBlock)
            connection.start(now: ConnectionFuzz.start, into: &wire)
            flush()
        }

        mutating func hear(_ stream: RawSpan, pieceSize: Int) {
            var begin = 0
            while begin < stream.byteCount, !isOver {
                let end = begin + min(pieceSize, stream.byteCount - begin)
                hearPiece(stream.extracting(begin..<end))
                begin = end
            }
        }

        private mutating func hearPiece(_ bytes: RawSpan) {
            var offset = 0
            while true {
                let event = connection.receive(
                    bytes, offset: &offset, now: ConnectionFuzz.start, into: &wire)
                let isLast = react(to: event)
                flush()
                precondition(connection.blocksInFlight <= 64)
                if isLast { return }
            }
        }

        /// Does what an owner does; returns whether this read is done with.
        private mutating func react(to event: consuming ConnectionEvent) -> Bool {
            switch consume event {
            case .needsMore:
                precondition(!isOver)
                return true
            case .opened(let theirs):
                tell(1, UInt64(theirs.capacity))
                mirror = Mirror(hello: theirs)
                connection.announce(.empty, into: &wire)
                send()
                send()
            case .level(let level):
                tell(2, UInt64(level.percent))
                precondition(level.percent <= 100)
                send()
            case .transfer(let sequence, let entropy):
                precondition(entropy.byteCount > 0 && entropy.byteCount <= Wire.largestBufferBlock)
                precondition(entropy.minEntropy.bits <= 8 * entropy.byteCount)
                tell(3, UInt64(sequence) << 16 | UInt64(entropy.byteCount))
                // The mirror plays the sender of the stream: it must have sent what is acknowledged.
                mirror?.send(entropy.byteCount)
                connection.announce(sequence % 2 == 0 ? .empty : .full, into: &wire)
                connection.acknowledge(
                    Receipt(sequence: sequence, outcome: .accepted), into: &wire)
            case .receipt(let receipt, let byteCount):
                precondition(byteCount == 32, "a receipt for a block that was not sent")
                tell(4, UInt64(receipt.sequence) << 8 | UInt64(receipt.outcome.rawValue))
                send()
            case .status(let status):
                precondition(status.kernel.count <= Wire.longestText)
                tell(5, UInt64(status.poolBits))
            case .closed(let reason, let byPeer):
                tell(6, UInt64(reason.rawValue) << 1 | (byPeer ? 1 : 0))
                isOver = true
                return true
            }
            return false
        }

        private mutating func send() {
            let entropy = Entropy(byteCount: 32, minEntropy: .full(byteCount: 32)) { _ in }
            _ = connection.send(entropy, now: ConnectionFuzz.start, into: &wire)
        }

        private mutating func flush() {
            var written: [UInt8] = []
            wire.drain { waiting in
                written = Array(waiting)
                return waiting.count
            }
            for byte in written {
                answers.add(byte)
            }
            unread += written
            guard mirror != nil, !unread.isEmpty else { return }
            let bytes = unread
            unread = []
            mirror?.read(bytes)
        }

        /// Ends it if it is not over, and looks whether it stays silent.
        mutating func checkTheEnd() {
            connection.close(.shutdown, into: &wire)
            flush()
            connection.close(.silent, into: &wire)
            connection.announce(.of(1), into: &wire)
            send()
            let reason = connection.tick(
                now: ConnectionFuzz.start + .seconds(900), into: &wire)
            precondition(reason == nil && wire.isEmpty, "written after the end")
            precondition(connection.nextDeadline == nil && !connection.maySend)
        }

        private mutating func tell(_ kind: UInt8, _ value: UInt64) {
            events.add(kind)
            for shift in 0..<8 {
                events.add(UInt8(truncatingIfNeeded: value >> UInt64(8 * shift)))
            }
        }
    }

    /// FNV-1a, 64 bits.
    private struct Digest: Equatable {
        private var state: UInt64 = 0xCBF2_9CE4_8422_2325

        mutating func add(_ byte: UInt8) {
            state = (state ^ UInt64(byte)) &* 0x100_0000_01B3
        }
    }

    /// The conforming peer: hears what the listener writes and must find nothing wrong with it.
    private struct Mirror: ~Copyable {
        private var connection: Connection
        private var wire = WireBuffer()

        init(hello: Hello) {
            connection = Connection(
                hello: hello, keepalive: .guest, largestBlock: Wire.largestBufferBlock)
            connection.start(now: ConnectionFuzz.start, into: &wire)
            wire.wipe()
        }

        mutating func send(_ byteCount: Int) {
            let entropy = Entropy(byteCount: byteCount, minEntropy: .none) { _ in }
            let sequence = connection.send(entropy, now: ConnectionFuzz.start, into: &wire)
            precondition(sequence != nil, "accepted what a conforming peer would not send")
            wire.wipe()
        }

        mutating func read(_ bytes: [UInt8]) {
            var offset = 0
            while true {
                let event = connection.receive(
                    bytes.span.bytes, offset: &offset, now: ConnectionFuzz.start, into: &wire)
                switch consume event {
                case .needsMore: return
                case .closed(_, let byPeer):
                    precondition(byPeer, "a conforming peer objects to what was written")
                    return
                case .transfer(let sequence, _):
                    connection.acknowledge(
                        Receipt(sequence: sequence, outcome: .accepted), into: &wire)
                case .opened: break
                case .level: break
                case .receipt: break
                case .status: break
                }
                wire.wipe()
            }
        }
    }
}

extension FillLevel {
    /// A level known to be in range.
    fileprivate static func of(_ percent: UInt8) -> FillLevel {
        FillLevel(percent: percent) ?? .full
    }
}
