// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshNode
import EntmeshSources
import Testing

/// What no working Node gives.
struct LinkFaultTests {
    private func block(_ bytes: [UInt8]) -> Entropy {
        Entropy(copying: bytes.span.bytes, minEntropy: .full(byteCount: bytes.count))
    }

    private func random(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in .random(in: 0...255) }
    }

    private func take(_ bytes: [UInt8], _ test: inout LinkFaultTest) -> LinkFault? {
        test.take(block(bytes))
    }

    @Test func aByteThatComesNineTimesInARowIsStuck() {
        // 1 + 60 / 8: SP 800-90B section 4.4.1 at 8 bits and 2^-60.
        var test = LinkFaultTest()
        let eight = take([1, 2] + [UInt8](repeating: 0, count: 7) + [3, 4, 5], &test)
        #expect(eight == nil)
        let nine = take([1, 2] + [UInt8](repeating: 0, count: 9) + [3], &test)
        #expect(nine == .stuck)
    }

    @Test func aRunIsCountedAcrossBlocks() {
        var test = LinkFaultTest()
        let first = take([1, 2, 3] + [UInt8](repeating: 9, count: 5), &test)
        let second = take([UInt8](repeating: 9, count: 4) + [1, 2, 3], &test)
        #expect(first == nil && second == .stuck)
    }

    @Test func aBlockThatCameBeforeIsRepeatedEvenLater() {
        var test = LinkFaultTest()
        let early = random(32)
        var faults = [take(early, &test)]
        for _ in 0..<32_767 { faults.append(take(random(32), &test)) }
        #expect(faults.allSatisfy { $0 == nil })
        let again = take(early, &test)
        #expect(again == .repeated)
    }

    @Test func blocksOfLongAgoAreForgotten() {
        var test = LinkFaultTest()
        let early = random(32)
        _ = take(early, &test)
        for _ in 0..<32_768 { _ = take(random(32), &test) }
        let again = take(early, &test)
        #expect(again == nil)
    }

    @Test func aPieceThatComesTwiceWithinABlockIsRepeated() {
        var test = LinkFaultTest()
        let piece = random(32)
        let twice = take(random(32) + piece + random(32) + piece, &test)
        #expect(twice == .repeated)
    }

    @Test func aShortBlockIsLookedAtToo() {
        var test = LinkFaultTest()
        let short = random(8)
        let first = take(short, &test)
        let second = take(short, &test)
        #expect(first == nil && second == .repeated)
    }

    @Test func tooFewBytesToTellProveNothing() {
        var test = LinkFaultTest()
        let first = take([1, 2, 3, 4], &test)
        let second = take([1, 2, 3, 4], &test)
        #expect(first == nil && second == nil)
    }

    @Test func whatWorksPassesForLong() {
        var test = LinkFaultTest()
        let faults = (0..<2000).compactMap { _ in take(random(512), &test) }
        #expect(faults.isEmpty)
    }
}
