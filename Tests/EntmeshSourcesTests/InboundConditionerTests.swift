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

    private func bytes(_ entropy: consuming Entropy?) -> [UInt8]? {
        guard let entropy else { return nil }
        return entropy.withBytes { Array($0) }
    }

    @Test func whatIsOnlyMixedNeverMakesABlock() {
        var conditioner = InboundConditioner()
        for _ in 0..<100 { conditioner.mix(entropy(1, bits: 512)) }
        let block = bytes(conditioner.credit(entropy(1, bits: 0)))
        #expect(block == nil)
    }

    @Test func aBlockTakes64BitsMoreThanItIsClaimedAt() {
        var conditioner = InboundConditioner()
        let tooLittle = bytes(conditioner.credit(entropy(1, bits: 512)))
        #expect(tooLittle == nil)
        let stillTooLittle = bytes(conditioner.credit(entropy(1, bits: 63)))
        #expect(stillTooLittle == nil)
        let block = bytes(conditioner.credit(entropy(1, bits: 1)))
        #expect(block?.count == 64)
        // What the block was made of counts for the next one no more.
        let next = bytes(conditioner.credit(entropy(1, bits: 512)))
        #expect(next == nil)
    }

    @Test func whatComesOutIsNotWhatWentInAndDiffersFromProcessToProcess() {
        var one = InboundConditioner()
        var other = InboundConditioner()
        let first = bytes(one.credit(entropy(1, bits: 576)))
        let second = bytes(one.credit(entropy(1, bits: 576)))
        let elsewhere = bytes(other.credit(entropy(1, bits: 576)))
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
        let first = bytes(plain.credit(entropy(1, bits: 576)))
        let second = bytes(same.credit(entropy(1, bits: 576)))
        let third = bytes(mixed.credit(entropy(1, bits: 576)))
        #expect(first == second && first != third)
    }

    @Test func startingOverForgetsWhatCameInAndTheKey() {
        let key = SymmetricKey(size: .bits256)
        var plain = InboundConditioner(key: key)
        var anew = InboundConditioner(key: key)
        let half = bytes(anew.credit(entropy(1, bits: 512)))
        anew.startOver()
        let little = bytes(anew.credit(entropy(1, bits: 64)))
        #expect(half == nil && little == nil)
        let first = bytes(plain.credit(entropy(1, bits: 576)))
        anew.startOver()
        let second = bytes(anew.credit(entropy(1, bits: 576)))
        #expect(second != nil && first != second)
    }
}
