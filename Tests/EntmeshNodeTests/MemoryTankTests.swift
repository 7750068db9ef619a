// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshCoreTestSupport
import EntmeshNode
import Testing

/// Memory that outlives the tank, so that a test may look at what the tank left in it.
private struct LentStorage: TankStorage, ~Copyable {
    let bytes: UnsafeMutableRawBufferPointer
}

extension Entropy {
    /// Full-entropy bytes, as far as the tests are concerned.
    fileprivate init(_ bytes: [UInt8], bits: Int? = nil) {
        self.init(
            copying: bytes.span.bytes, minEntropy: MinEntropy(bits: bits ?? 8 * bytes.count))
    }
}

extension MemoryTank where Storage: ~Copyable {
    /// Draws and shows the bytes.
    fileprivate mutating func drawn(_ byteCount: Int) -> [UInt8]? {
        guard let entropy = draw(byteCount: byteCount) else { return nil }
        return entropy.withBytes { Array($0) }
    }
}

@Suite("Memory tank")
struct MemoryTankTests {
    @Test("gives first what came first")
    func firstInFirstOut() {
        var tank = MemoryTank(storage: HeapStorage(byteCount: 8))
        let kept = [tank.deposit(Entropy([1, 2, 3])), tank.deposit(Entropy([4, 5]))]
        #expect(kept == [3, 2])
        let drawn = [tank.drawn(2), tank.drawn(2), tank.drawn(1), tank.drawn(1)]
        #expect(drawn == [[1, 2], [3, 4], [5], nil])
    }

    @Test("wraps round the end of its storage, both putting in and taking out")
    func wraps() {
        var tank = MemoryTank(storage: HeapStorage(byteCount: 8))
        _ = tank.deposit(Entropy([1, 2, 3, 4, 5, 6]))
        _ = tank.drawn(5)
        let kept = tank.deposit(Entropy([7, 8, 9, 10, 11, 12, 13]))
        #expect(kept == 7)
        let all = tank.drawn(8)
        #expect(all == [6, 7, 8, 9, 10, 11, 12, 13])
    }

    @Test("hands out bytes claimed at eight bits each")
    func drawnIsFull() {
        var tank = MemoryTank(storage: HeapStorage(byteCount: 8))
        _ = tank.deposit(Entropy([1, 2, 3]))
        guard let entropy = tank.draw(byteCount: 3) else {
            Issue.record("nothing drawn")
            return
        }
        let bits = entropy.minEntropy.bits
        #expect(bits == 24)
    }

    @Test("keeps only what fits and books the rest as discarded")
    func overflow() {
        var tank = MemoryTank(storage: HeapStorage(byteCount: 4))
        let kept = [
            tank.deposit(Entropy([1, 2, 3])), tank.deposit(Entropy([4, 5])),
            tank.deposit(Entropy([6])),
        ]
        #expect(kept == [3, 1, 0])
        let (received, discarded) = (tank.ledger.received, tank.ledger.discarded)
        #expect(received == 6)
        #expect(discarded == 2)
        let all = tank.drawn(4)
        #expect(all == [1, 2, 3, 4])
    }

    @Test(
        "keeps nothing that is claimed at less than eight bits a byte",
        arguments: [(bits: 0, kept: 0), (31, 0), (32, 4), (33, 4)])
    func onlyFullEntropy(bits: Int, kept: Int) {
        var tank = MemoryTank(storage: HeapStorage(byteCount: 8))
        let result = tank.deposit(Entropy([1, 2, 3, 4], bits: bits))
        #expect(result == kept)
        let (resident, discarded, balances) =
            (tank.resident, tank.ledger.discarded, tank.ledgerBalances)
        #expect(resident == kept)
        #expect(discarded == UInt64(4 - kept))
        #expect(balances)
    }

    @Test("refuses to draw nothing, less than nothing, or more than it holds")
    func refusedDraws() {
        var tank = MemoryTank(storage: HeapStorage(byteCount: 8))
        _ = tank.deposit(Entropy([1, 2, 3]))
        let drawn = [tank.drawn(0), tank.drawn(-1), tank.drawn(4)]
        #expect(drawn == [nil, nil, nil])
        let (resident, inFlight) = (tank.resident, tank.ledger.inFlight)
        #expect(resident == 3)
        #expect(inFlight == 0)
    }

    @Test(
        "is at level 0 below one block, and in proportion from there",
        arguments: [(held: 0, percent: 0), (31, 0), (32, 25), (33, 25), (127, 99), (128, 100)])
    func level(held: Int, percent: UInt8) {
        var tank = MemoryTank(storage: HeapStorage(byteCount: 128))
        _ = tank.deposit(Entropy(Array(repeating: 1, count: held)))
        let level = tank.fillLevel.percent
        #expect(level == percent)
    }

    @Test("of no capacity keeps nothing and stays at level 0")
    func noCapacity() {
        var tank = MemoryTank(storage: HeapStorage(byteCount: 0))
        let kept = tank.deposit(Entropy([1, 2]))
        let (level, balances) = (tank.fillLevel, tank.ledgerBalances)
        #expect(kept == 0)
        #expect(level == .empty)
        #expect(balances)
    }

    @Test("leaves zeros where drawn bytes were, across the wrap too")
    func drawnBytesAreWiped() {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 8, alignment: 16)
        defer { memory.deallocate() }
        memory.copyBytes(from: Array(repeating: 0, count: 8))
        var tank = MemoryTank(storage: LentStorage(bytes: memory))
        _ = tank.deposit(Entropy([1, 2, 3, 4, 5, 6]))
        _ = tank.drawn(4)
        #expect(Array(memory) == [0, 0, 0, 0, 5, 6, 0, 0])
        _ = tank.deposit(Entropy([7, 8, 9, 10]))
        #expect(Array(memory) == [9, 10, 0, 0, 5, 6, 7, 8])
        _ = tank.drawn(5)
        #expect(Array(memory) == [0, 10, 0, 0, 0, 0, 0, 0])
    }

    @Test("wipes all of its storage on demand and books what was there")
    func wipe() {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 8, alignment: 16)
        defer { memory.deallocate() }
        var tank = MemoryTank(storage: LentStorage(bytes: memory))
        _ = tank.deposit(Entropy([1, 2, 3, 4, 5, 6]))
        _ = tank.drawn(2)
        let lost = [tank.wipe(), tank.wipe()]
        #expect(lost == [4, 0])
        #expect(Array(memory) == Array(repeating: 0, count: 8))
        let (discarded, inFlight, balances) =
            (tank.ledger.discarded, tank.ledger.inFlight, tank.ledgerBalances)
        #expect(discarded == 4)
        #expect(inFlight == 2)
        #expect(balances)
        _ = tank.deposit(Entropy([9]))
        let next = tank.drawn(1)
        #expect(next == [9])
    }

    @Test(
        "balances after every step of a random life, and never gives a byte twice",
        arguments: 1...20)
    func randomLife(seed: Int) {
        var random = SplitMix(seed: UInt64(seed))
        var tank = MemoryTank(
            storage: HeapStorage(byteCount: Int.random(in: 1...64, using: &random)))
        var expected: [UInt8] = []
        var unsettled: [Int] = []
        var next: UInt8 = 0
        for _ in 0..<500 {
            switch Int.random(in: 0..<8, using: &random) {
            case 0...2:
                let bytes = (0..<Int.random(in: 0...20, using: &random)).map { _ in
                    next &+= 1
                    return next
                }
                let kept = tank.deposit(Entropy(bytes))
                expected += bytes.prefix(kept)
            case 3...5:
                let count = Int.random(in: 1...20, using: &random)
                let drawn = tank.drawn(count)
                #expect(drawn == (count <= expected.count ? Array(expected.prefix(count)) : nil))
                if drawn != nil {
                    expected.removeFirst(count)
                    unsettled.append(count)
                }
            case 6:
                if let count = unsettled.popLast() {
                    tank.settle(byteCount: count, delivered: Bool.random(using: &random))
                }
            default:
                if Int.random(in: 0..<20, using: &random) == 0 {
                    tank.wipe()
                    expected = []
                }
            }
            let (balances, resident) = (tank.ledgerBalances, tank.resident)
            #expect(balances)
            #expect(resident == expected.count)
        }
        for count in unsettled {
            tank.settle(byteCount: count, delivered: true)
        }
        let inFlight = tank.ledger.inFlight
        #expect(inFlight == 0)
    }
}

@Suite("Source")
struct SourceTests {
    private struct Counter: Source, ~Copyable {
        var next: UInt8 = 0
        mutating func draw(byteCount: Int) -> Entropy? {
            next += 1
            let byte = next
            return Entropy(byteCount: byteCount, minEntropy: .none) { $0[0] = byte }
        }
    }

    @Test("is always full, however much was drawn")
    func alwaysFull() {
        var source = Counter()
        let first = source.draw(byteCount: 1)?.byteCount
        let level = source.fillLevel
        #expect(first == 1)
        #expect(level == .full)
    }
}
