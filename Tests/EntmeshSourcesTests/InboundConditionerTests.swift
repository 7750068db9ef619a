// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import Crypto
import EntmeshNode
import Testing

@testable import EntmeshSources

/// What peers give is never passed on as it came.
struct InboundConditionerTests {
    /// 128 bytes of `value`, claimed at `bits`.
    private func entropy(_ value: UInt8, bits: Int) -> Entropy {
        Entropy(byteCount: 128, minEntropy: MinEntropy(bits: bits)) { bytes in
            for index in 0..<bytes.count { bytes[index] = value }
        }
    }

    /// The one block that crediting `entropy` completes, nil if none; more are a failure.
    private func credit(
        _ entropy: consuming Entropy, to conditioner: inout InboundConditioner
    ) -> [UInt8]? {
        var blocks: [[UInt8]] = []
        conditioner.credit(entropy) { block in blocks.append(block.withBytes { Array($0) }) }
        #expect(blocks.count <= 1)
        return blocks.first
    }

    @Test func whatIsOnlyMixedNeverMakesABlock() {
        var conditioner = InboundConditioner()
        for _ in 0..<100 { conditioner.mix(entropy(1, bits: 512)) }
        let block = credit(entropy(1, bits: 0), to: &conditioner)
        #expect(block == nil)
    }

    @Test func aBlockTakes64BitsMoreThanItIsClaimedAt() {
        var conditioner = InboundConditioner()
        let tooLittle = credit(entropy(1, bits: 512), to: &conditioner)
        #expect(tooLittle == nil)
        let stillTooLittle = credit(entropy(1, bits: 63), to: &conditioner)
        #expect(stillTooLittle == nil)
        let block = credit(entropy(1, bits: 1), to: &conditioner)
        #expect(block?.count == 64)
        // What the block was made of counts for the next one no more.
        let next = credit(entropy(1, bits: 512), to: &conditioner)
        #expect(next == nil)
    }

    @Test func whatComesOutIsNotWhatWentInAndDiffersFromProcessToProcess() {
        var one = InboundConditioner()
        var other = InboundConditioner()
        let first = credit(entropy(1, bits: 576), to: &one)
        let second = credit(entropy(1, bits: 576), to: &one)
        let elsewhere = credit(entropy(1, bits: 576), to: &other)
        #expect(first != nil && first != [UInt8](repeating: 1, count: 64))
        #expect(first != elsewhere)
        // A peer that repeats itself does not make us repeat ourselves.
        #expect(first != second)
    }

    @Test func whatWasMixedInChangesTheBlock() {
        let key = SymmetricKey(size: .bits256)
        var plain = InboundConditioner(key: key)
        var same = InboundConditioner(key: key)
        var mixed = InboundConditioner(key: key)
        mixed.mix(entropy(2, bits: 0))
        let first = credit(entropy(1, bits: 576), to: &plain)
        let second = credit(entropy(1, bits: 576), to: &same)
        let third = credit(entropy(1, bits: 576), to: &mixed)
        #expect(first == second && first != third)
    }

    @Test func startingOverForgetsWhatCameInAndTheKey() {
        let key = SymmetricKey(size: .bits256)
        var plain = InboundConditioner(key: key)
        var anew = InboundConditioner(key: key)
        let half = credit(entropy(1, bits: 512), to: &anew)
        anew.startOver()
        let little = credit(entropy(1, bits: 64), to: &anew)
        #expect(half == nil && little == nil)
        let first = credit(entropy(1, bits: 576), to: &plain)
        anew.startOver()
        let second = credit(entropy(1, bits: 576), to: &anew)
        #expect(second != nil && first != second)
    }

    @Test func aLargeBlockMakesAsManyAsItsClaimSufficesFor() {
        var conditioner = InboundConditioner()
        var blocks: [[UInt8]] = []
        let large = Entropy(byteCount: 4096, minEntropy: .full(byteCount: 4096)) { _ in }
        conditioner.credit(large) { block in blocks.append(block.withBytes { Array($0) }) }
        #expect(blocks.count == 4096 * 8 / 576)
        #expect(Set(blocks).count == blocks.count)
        // What was left over counts for the next: 512 of 576 bits.
        let one = credit(entropy(0, bits: 64), to: &conditioner)
        #expect(one != nil)
    }

    @Test func aBlockOfOurOwnPassesAsItIsUntilSomethingWasMixed() {
        var conditioner = InboundConditioner()
        let before = conditioner.blended(entropy(7, bits: 1024)).withBytes { Array($0) }
        #expect(before == [UInt8](repeating: 7, count: 128))
        conditioner.mix(entropy(2, bits: 0))
        let after = conditioner.blended(entropy(7, bits: 1024))
        #expect(after.minEntropy.bits == 1024)
        let first = after.withBytes { Array($0) }
        let second = conditioner.blended(entropy(7, bits: 1024)).withBytes { Array($0) }
        // Every byte of it, and never with the same stream again.
        #expect(first != before && first[..<64] != first[64...] && first != second)
    }

    @Test func whatIsBlendedDependsOnAllThatWasMixed() {
        let key = SymmetricKey(size: .bits256)
        func blended(_ values: [UInt8]) -> [UInt8] {
            var conditioner = InboundConditioner(key: key)
            for value in values { conditioner.mix(entropy(value, bits: 0)) }
            return conditioner.blended(entropy(7, bits: 1024)).withBytes { Array($0) }
        }
        #expect(blended([1, 2]) == blended([1, 2]))
        #expect(
            Set([blended([1, 2]), blended([2, 1]), blended([3, 2]), blended([2])]).count == 4)
    }
}
