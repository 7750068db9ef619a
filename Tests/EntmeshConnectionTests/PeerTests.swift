// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import EntmeshNode
import Testing

@Suite("Peer")
struct PeerTests {
    private static func pool(_ capacity: UInt32 = 32) -> Peer {
        Peer(hello: Hello.guest.with { $0.capacity = capacity })
    }

    private static func buffer(_ capacity: UInt32 = 1 << 20) -> Peer {
        Peer(hello: Hello.buffer.with { $0.capacity = capacity })
    }

    private static func mixer(_ kind: NodeKind) -> Peer {
        Peer(
            hello: Hello.buffer.with {
                $0.kind = kind
                $0.accepts = .mix
            })
    }

    /// Announces `level` to a copy and compares our `own` with it.
    private func requests(_ peer: Peer, at level: UInt8, own: UInt8, _ kind: NodeKind = .buffer)
        -> Bool
    {
        var peer = peer
        peer.received(.of(level))
        peer.compare(own: .of(own), ownKind: kind)
        return peer.isRequesting
    }

    // MARK: Requests

    @Test("asks for nothing until it has announced a level")
    func silent() {
        var peer = Self.pool()
        peer.compare(own: .full, ownKind: .buffer)
        #expect(!peer.isRequesting)
        #expect(peer.announced == nil)
        #expect(peer.estimatedLevel == nil)
    }

    @Test("a pool at 0 asks anyone who has anything")
    func poolAtZero() {
        #expect(requests(Self.pool(), at: 0, own: 1))
        #expect(requests(Self.pool(), at: 0, own: 100))
        #expect(!requests(Self.pool(), at: 0, own: 0))
        #expect(!requests(Self.pool(), at: 1, own: 10))
        #expect(requests(Self.pool(), at: 1, own: 11))
    }

    @Test("between two buffers 0 is a level like any other")
    func bufferAtZero() {
        #expect(!requests(Self.buffer(), at: 0, own: 9))
        #expect(requests(Self.buffer(), at: 0, own: 10))
    }

    @Test(
        "a request begins 10 points below us and ends less than 5 below", arguments: [true, false])
    func hysteresis(isPool: Bool) {
        for level in UInt8(isPool ? 1 : 0)...100 {
            var peer = isPool ? Self.pool() : Self.buffer()
            peer.received(.of(level))
            func expect(_ gap: Int, _ isRequesting: Bool) {
                guard 0...100 ~= Int(level) + gap else { return }
                peer.compare(own: .of(UInt8(Int(level) + gap)), ownKind: .buffer)
                #expect(peer.isRequesting == isRequesting, "\(gap) above \(level)")
            }
            expect(9, false)
            guard level <= 90 else { continue }
            expect(10, true)
            expect(9, true)
            expect(5, true)
            expect(4, false)
            expect(5, false)
            expect(9, false)
            expect(10, true)
            expect(-50, false)
        }
    }

    @Test("nobody is asked by a peer above him")
    func neverUphill() {
        for own in UInt8(0)...100 {
            for level in own...100 {
                #expect(!requests(Self.pool(), at: level, own: own))
                #expect(!requests(Self.buffer(), at: level, own: own))
            }
        }
    }

    @Test("a source gives until its peer is full")
    func source() {
        for level in UInt8(0)...100 {
            #expect(requests(Self.buffer(), at: level, own: 100, .source) == (level < 100))
        }
    }

    @Test("a mark counts as level 0 until it is taken away")
    func marked() {
        var peer = Self.pool()
        peer.received(.full)
        peer.compare(own: .of(1), ownKind: .buffer, marked: true)
        #expect(peer.isRequesting)
        #expect(peer.nextBlock(own: .of(1), ownCapacity: 1 << 20) == 32)
        peer.compare(own: .of(1), ownKind: .buffer)
        #expect(!peer.isRequesting)
    }

    // MARK: Estimates

    @Test("a pool is what it announced, whatever is on its way")
    func poolEstimate() {
        var peer = Self.pool()
        peer.received(.of(40))
        peer.sent(byteCount: 32)
        #expect(peer.estimatedLevel == .of(40))
        peer.acknowledged(byteCount: 32, delivered: true)
        #expect(peer.estimatedLevel == .of(40))
    }

    @Test("a buffer also has what is on its way and what it took since it announced")
    func bufferEstimate() {
        var peer = Self.buffer(1000)
        peer.received(.of(40))
        #expect(peer.estimatedLevel == .of(40))
        peer.sent(byteCount: 100)
        peer.sent(byteCount: 50)
        #expect(peer.inFlight == 150)
        #expect(peer.estimatedLevel == .of(55))
        peer.acknowledged(byteCount: 50, delivered: false)
        #expect(peer.estimatedLevel == .of(50), "what was discarded is not in it")
        peer.acknowledged(byteCount: 100, delivered: true)
        #expect(peer.inFlight == 0)
        #expect(peer.estimatedLevel == .of(40), "it did not raise the level, or we had been told")
        peer.received(.of(48))
        #expect(peer.estimatedLevel == .of(48), "its own word replaces the estimate")
    }

    @Test("what is accepted without a level is at most what a level hides")
    func acceptedInSilence() {
        var peer = Self.buffer(100_000)
        peer.received(.of(40))
        for _ in 0..<100 {
            peer.sent(byteCount: 990)
            #expect(peer.estimatedLevel == .of(40) || peer.estimatedLevel == .of(41))
            peer.acknowledged(byteCount: 990, delivered: true)
            #expect(peer.estimatedLevel == .of(40))
        }
    }

    @Test("a level with something on its way takes it to be there, until its receipt")
    func receiptInLevel() {
        var peer = Self.buffer(1000)
        peer.received(.of(40))
        peer.sent(byteCount: 100)
        peer.sent(byteCount: 100)
        peer.received(.of(50))
        #expect(peer.estimatedLevel == .of(70))
        peer.acknowledged(byteCount: 100, delivered: true)
        #expect(peer.estimatedLevel == .of(60), "one is in the level, one on its way")
        peer.received(.of(60))
        peer.acknowledged(byteCount: 100, delivered: true)
        #expect(peer.estimatedLevel == .of(60))
    }

    @Test("a peer that only mixes is what it announced")
    func mixEstimate() {
        for kind in [NodeKind.pool, .buffer] {
            var peer = Self.mixer(kind)
            peer.received(.empty)
            peer.sent(byteCount: 32)
            #expect(peer.mixesOnly)
            #expect(peer.estimatedLevel == .empty)
        }
    }

    @Test("receipts for more than was sent make nothing negative")
    func neverNegative() {
        var peer = Self.buffer(1000)
        peer.received(.of(40))
        peer.acknowledged(byteCount: 500, delivered: false)
        #expect(peer.inFlight == 0)
        #expect(peer.estimatedLevel == .of(40))
    }

    // MARK: Blocks

    @Test(
        "a modern pool gets 32 bytes, an old one what it lacks up to 512, in blocks of 32",
        arguments: [
            (capacity: 0 as UInt32, level: 0 as UInt8, block: 32), (32, 0, 32), (32, 99, 32),
            (512, 0, 512), (512, 1, 480), (512, 50, 256), (512, 93, 32), (512, 100, 32),
            (4096, 0, 512), (.max, 0, 512), (100, 0, 96),
        ])
    func poolBlock(capacity: UInt32, level: UInt8, block: Int) {
        var peer = Self.pool(capacity)
        #expect(peer.nextBlock(own: .full, ownCapacity: 1 << 20) == 32, "not announced yet")
        peer.received(.of(level))
        #expect(peer.nextBlock(own: .full, ownCapacity: 1 << 20) == block)
        peer.sent(byteCount: block)
        #expect(peer.nextBlock(own: .full, ownCapacity: 1 << 20) == 0, "one in flight")
    }

    @Test("a mix transfer is one block of 32 bytes", arguments: [NodeKind.pool, .buffer])
    func mixBlock(kind: NodeKind) {
        var peer = Self.mixer(kind)
        peer.received(.empty)
        #expect(peer.nextBlock(own: .full, ownCapacity: 1 << 20) == 32)
        peer.sent(byteCount: 32)
        #expect(peer.nextBlock(own: .full, ownCapacity: 1 << 20) == 0)
    }

    @Test(
        "toward a buffer a quarter of the gap is in flight at most, never more than 16 KiB",
        arguments: [1 << 10, 1 << 13, 1 << 16, 1 << 20, 1 << 30])
    func quarterOfTheGap(capacity: Int) {
        for (own, theirs) in [(100, 0), (100, 50), (60, 50), (50, 0), (12, 2)] as [(UInt8, UInt8)] {
            for (peerCapacity, ownCapacity) in [(capacity, 1 << 30), (1 << 30, capacity)] {
                var peer = Self.buffer(UInt32(peerCapacity))
                peer.received(.of(theirs))
                var blocks = 0
                while true {
                    let block = peer.nextBlock(own: .of(own), ownCapacity: ownCapacity)
                    guard block > 0 else { break }
                    #expect(block <= 4096 && block.isMultiple(of: 32))
                    peer.sent(byteCount: block)
                    blocks += 1
                }
                let quarter = capacity * Int(own - theirs) / 400
                #expect(peer.inFlight <= max(32, min(quarter, 16_384)))
                #expect(blocks <= 64)
            }
        }
    }

    @Test("between small buffers a block is sent only if it is at most half the gap")
    func smallBuffers() {
        // Half of 80 points of 80 bytes is one block; one point or one byte less is not.
        for (capacity, own, block) in [(80, 80, 32), (80, 79, 0), (79, 80, 0), (64, 100, 32)] {
            var peer = Self.buffer(UInt32(capacity))
            peer.received(.empty)
            let next = peer.nextBlock(own: .of(UInt8(own)), ownCapacity: 1 << 20)
            #expect(next == block, "\(own) points of \(capacity) bytes")
        }
    }

    @Test("a source fills even the smallest buffer, a block at a time: nothing can flow back")
    func sourceTowardSmallBuffer() {
        var peer = Self.buffer(64)
        peer.received(.of(99))
        #expect(peer.nextBlock(own: .full, ownCapacity: 64) == 0)
        #expect(peer.nextBlock(own: .full, ownCapacity: 64, ownKind: .source) == 32)
        peer.sent(byteCount: 32)
        #expect(peer.nextBlock(own: .full, ownCapacity: 64, ownKind: .source) == 0)
        var nothing = Self.buffer(0)
        nothing.received(.empty)
        #expect(nothing.nextBlock(own: .full, ownCapacity: 64, ownKind: .source) == 0)
    }

    @Test("a buffer that announced nothing, or has no room at all, is sent nothing")
    func nothingToGo() {
        #expect(Self.buffer().nextBlock(own: .full, ownCapacity: 1 << 20) == 0)
        var peer = Self.buffer(0)
        peer.received(.empty)
        #expect(peer.nextBlock(own: .full, ownCapacity: 1 << 20) == 0)
    }
}
