// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConnection
internal import EntmeshNode
internal import EntmeshSources

/// What another host sends, on its way into M.
///
/// The first byte of an input says how far the sender is trusted; the rest is its stream, after a
/// hello that every stream begins with, so that more than a handshake is reached. What must hold,
/// whatever comes:
///  - nothing traps;
///  - M's account balances, and no more went in than was claimed;
///  - each block is answered once.
enum PeerFuzz {
    private static let start = Moment(nanoseconds: 1_000_000_000)
    private static let capacity = 1 << 14
    private static let longestStream = 32_768

    static func run(_ input: RawSpan) {
        guard 1...longestStream ~= input.byteCount else { return }
        let head = input.unsafeLoad(fromByteOffset: 0, as: UInt8.self)
        var taker = Taker(trust: head & 1 == 0 ? .credit : .mix, most: head & 2 == 0 ? 8 : 0.5)
        taker.hear(hello())
        taker.hear(input.extracting(droppingFirst: 1))
        taker.check()
    }

    /// The hello of a host that gives.
    private static func hello() -> [UInt8] {
        var connection = Connection(
            hello: hello(accepts: .credit), keepalive: .betweenHosts, largestBlock: 0)
        var wire = WireBuffer()
        connection.start(now: start, into: &wire)
        var bytes: [UInt8] = []
        wire.drain { waiting in
            bytes += waiting
            return waiting.count
        }
        return bytes
    }

    private static func hello(accepts: InboundTrust) -> Hello {
        Hello(
            kind: .buffer, capacity: UInt32(capacity), sends: true, accepts: accepts, isReady: true,
            occasion: .start, agentVersion: PrintableText("fuzz"))
    }

    /// The end that takes: as the daemon does it.
    private struct Taker: ~Copyable {
        private var connection: Connection
        private var tank = MemoryTank(storage: HeapStorage(byteCount: PeerFuzz.capacity))
        private var conditioner = InboundConditioner()
        private var faults = LinkFaultTest()
        private var wire = WireBuffer(capacity: 1 << 17)
        private let trust: InboundTrust
        private let most: EntropyClaim
        private var creditedMicrobits = 0
        private var isFaulty = false
        private var isOver = false

        init(trust: InboundTrust, most bits: Double) {
            self.trust = trust
            most = (try? EntropyClaim(bitsPerByte: bits)) ?? .full
            connection = Connection(
                hello: PeerFuzz.hello(accepts: trust), keepalive: .betweenHosts,
                largestBlock: Wire.largestBufferBlock)
            connection.start(now: PeerFuzz.start, into: &wire)
        }

        mutating func hear(_ bytes: [UInt8]) {
            hear(bytes.span.bytes)
        }

        mutating func hear(_ bytes: RawSpan) {
            var offset = 0
            while !isOver {
                let event = connection.receive(
                    bytes, offset: &offset, now: PeerFuzz.start, into: &wire)
                switch consume event {
                case .needsMore: return
                case .closed: isOver = true
                case .transfer(let sequence, let entropy): take(sequence, entropy)
                case .opened: connection.announce(tank.fillLevel, into: &wire)
                case .level: break
                case .receipt: preconditionFailure("nothing was sent that could be acknowledged")
                case .status: break
                }
            }
        }

        private mutating func take(_ sequence: UInt32, _ entropy: consuming Entropy) {
            precondition(entropy.minEntropy <= .full(byteCount: entropy.byteCount))
            isFaulty = isFaulty || faults.take(entropy) != nil
            guard !isFaulty else {
                answer(sequence, .discarded)
                isOver = true
                return
            }
            if trust == .mix {
                conditioner.mix(entropy)
                answer(sequence, .mixed)
            } else {
                let count = entropy.byteCount
                creditedMicrobits += min(
                    entropy.minEntropy.bits * 1_000_000,
                    count * Int(most.bitsPerByte * 1_000_000))
                conditioner.credit(entropy, atMost: most) { _ = tank.deposit($0) }
                answer(sequence, .accepted)
            }
        }

        private mutating func answer(_ sequence: UInt32, _ outcome: Receipt.Outcome) {
            connection.announce(tank.fillLevel, into: &wire)
            let before = wire.byteCount
            connection.acknowledge(Receipt(sequence: sequence, outcome: outcome), into: &wire)
            precondition(wire.byteCount > before, "a block without a receipt")
        }

        func check() {
            precondition(tank.ledgerBalances)
            let made = Int(tank.ledger.received) / Conditioner.outputByteCount
            precondition(
                made * Conditioner.inputBits * 1_000_000 <= creditedMicrobits,
                "more than was claimed")
            precondition(trust == .credit || tank.ledger.received == 0, "mixed, and credited")
        }
    }
}
