// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import EntmeshNode

/// A host with a tank M and one peer that has one too: the rules of design section 2 and nothing
/// else, so that a test can watch where bytes go.
struct BufferHost: ~Copyable {
    private(set) var connection: Connection
    private(set) var tank: MemoryTank<HeapStorage>
    private var wire = WireBuffer(capacity: 1 << 17)
    private var peer: Peer?
    /// Bytes sent to the other host.
    private(set) var given = 0
    /// How often a transfer to it began.
    private(set) var transfers = 0
    /// The most bytes ever unacknowledged.
    private(set) var mostInFlight = 0

    init(capacity: Int, resident: Int) {
        let hello = Hello.buffer.with { $0.capacity = UInt32(capacity) }
        connection = Connection(
            hello: hello, keepalive: .betweenHosts, largestBlock: Wire.largestBufferBlock)
        tank = MemoryTank(storage: HeapStorage(byteCount: capacity))
        _ = tank.deposit(Entropy(resident, of: 0xAA))
    }

    var level: FillLevel { tank.fillLevel }

    mutating func start(now: Moment) {
        connection.start(now: now, into: &wire)
    }

    mutating func flush() -> [UInt8] { wire.drainAll() }

    mutating func hear(_ bytes: [UInt8], now: Moment) {
        var offset = 0
        while true {
            let event = connection.receive(
                bytes.span.bytes, offset: &offset, now: now, into: &wire)
            switch consume event {
            case .needsMore: return
            case .closed: return
            case .status: break
            case .opened(let hello):
                peer = Peer(hello: hello)
                announce(.fall)
            case .level(let level):
                peer?.received(level)
                give(now: now)
            case .transfer(let sequence, let entropy):
                _ = tank.deposit(entropy)
                announce(.deposit)
                connection.acknowledge(
                    Receipt(sequence: sequence, outcome: .accepted), into: &wire)
                give(now: now)
            case .receipt(let receipt, let byteCount):
                tank.settle(byteCount: byteCount, delivered: receipt.outcome.isDelivery)
                peer?.acknowledged(
                    byteCount: byteCount, delivered: receipt.outcome.isDelivery)
                give(now: now)
            }
        }
    }

    private mutating func announce(_ cause: LevelAnnouncer.Cause) {
        if LevelAnnouncer.isDue(level, last: connection.announcedLevel, cause: cause) {
            connection.announce(level, into: &wire)
        }
    }

    private mutating func give(now: Moment) {
        while true {
            guard var peer else { return }
            let wasRequesting = peer.isRequesting
            peer.compare(own: level, ownKind: .buffer)
            self.peer = peer
            guard peer.isRequesting, connection.maySend else { return }
            if !wasRequesting {
                transfers += 1
                announce(.transferBegins)
            }
            let size = min(
                peer.nextBlock(own: level, ownCapacity: tank.capacity), tank.resident)
            guard size > 0, let entropy = tank.draw(byteCount: size),
                connection.send(entropy, now: now, into: &wire) != nil
            else { return }
            self.peer?.sent(byteCount: size)
            given += size
            mostInFlight = max(mostInFlight, connection.bytesInFlight)
            announce(.fall)
        }
    }
}
