// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import Crypto
import EntmeshCoreTestSupport
import EntmeshNode
import EntmeshSources
import Testing

@Suite struct ConditionerTests {
    private static func take(
        _ bytes: [UInt8], _ bits: Double, into conditioner: inout Conditioner
    ) throws -> Int {
        let claim = try EntropyClaim(bitsPerByte: bits)
        return bytes.withUnsafeBytes { conditioner.take($0, claim: claim) }
    }

    @Test(arguments: [
        // (n_in, n_out, n_w, h_in), then h_out and -log2 of epsilon where the output is full.
        (ConditioningVector(512, 256, 256, 320), 256.0, 71.471 as Double?),
        (ConditioningVector(512, 256, 256, 256), 255.0, nil),
        (ConditioningVector(1024, 512, 512, 576), 512.0, 72.471),
        (ConditioningVector(4096, 256, 256, 512), 256.0, 263.471),
    ])
    func theFormulaGivesTheReferenceVectors(
        vector: ConditioningVector, outputEntropy: Double, negativeLog2Epsilon: Double?
    ) {
        let formula = vector.formula
        #expect(abs(formula.outputEntropy - outputEntropy) < 1e-9)
        guard let negativeLog2Epsilon else { return }
        #expect(abs(formula.negativeLog2Epsilon - negativeLog2Epsilon) < 0.0006)
    }

    @Test(arguments: [0.125, 0.5, 1, 4, 7.3, 8])
    func whatItAsksForMakesFullEntropyByTheFormula(bits: Double) throws {
        let count = Conditioner.inputByteCount(claim: try EntropyClaim(bitsPerByte: bits))
        let formula = ConditioningFormula(
            inputBits: Double(8 * count), outputBits: 512, narrowestWidth: 512,
            inputEntropy: Double(Conditioner.inputBits))
        // Full entropy, by definition, may miss a share of 2^-32; a claim of 8 misses 2^-35.7.
        #expect(formula.negativeLog2Epsilon > 35.7)
        #expect(Double(count) * bits >= 576)
        #expect(Double(count - 1) * bits < 576 + 0.01)
    }

    @Test func aBlockComesAt576ClaimedBitsAndNotBefore() throws {
        var conditioner = Conditioner()
        var noise = SplitMix(seed: 1)
        let raw = noise.bytes(144)
        var taken = try Self.take(Array(raw[..<143]), 4, into: &conditioner)
        #expect(taken == 143)
        #expect((conditioner.pendingBits) == 572)
        let none = conditioner.blockBytes()
        #expect(none == nil)
        taken = try Self.take(Array(raw[143...]), 4, into: &conditioner)
        #expect(taken == 1)
        let missing = conditioner.missingByteCount(claim: try EntropyClaim(bitsPerByte: 4))
        #expect(missing == 0)

        let made = conditioner.blockBytes()
        let block = try #require(made)
        #expect(block == Array(SHA512.hash(data: raw)))
        #expect((conditioner.lastInputBits) == 576)
        #expect((conditioner.pendingByteCount) == 0)
        let noneAgain = conditioner.blockBytes()
        #expect(noneAgain == nil)
    }

    @Test func aBlockIsClaimedFull() throws {
        var conditioner = Conditioner()
        _ = try Self.take([UInt8](repeating: 1, count: 72), 8, into: &conditioner)
        var claimed: MinEntropy?
        if let block = conditioner.makeBlock() {
            claimed = block.minEntropy
        }
        #expect(claimed == MinEntropy(bits: 512))
    }

    @Test func itTakesNoMoreThanTheBlockNeeds() throws {
        var conditioner = Conditioner()
        let raw = [UInt8](repeating: 3, count: 200)
        var taken = try Self.take(raw, 4, into: &conditioner)
        #expect(taken == 144)
        taken = try Self.take(raw, 4, into: &conditioner)
        #expect(taken == 0)
        taken = try Self.take([], 4, into: &conditioner)
        #expect(taken == 0)
        #expect((conditioner.pendingByteCount) == 144)
    }

    @Test func sourcesWithDifferentClaimsAddUp() throws {
        var conditioner = Conditioner()
        var noise = SplitMix(seed: 2)
        let (first, second) = (noise.bytes(36), noise.bytes(500))
        var taken = try Self.take(first, 8, into: &conditioner)
        #expect(taken == 36)
        taken = try Self.take(second, 1, into: &conditioner)
        #expect(taken == 288)
        let made = conditioner.blockBytes()
        let block = try #require(made)
        #expect(block == Array(SHA512.hash(data: first + second[..<288])))
        #expect((conditioner.lastInputBits) == 576)
    }

    @Test func fractionalClaimsAreRoundedDown() throws {
        // 2.3 bits is not exact in binary: 251 bytes of it are more than 576 bits by little.
        let claim = try EntropyClaim(bitsPerByte: 2.3)
        #expect(Conditioner.inputByteCount(claim: claim) == 251)
    }
}

/// The four inputs of the formula, as the reference table has them.
struct ConditioningVector: Sendable, CustomTestStringConvertible {
    let formula: ConditioningFormula

    init(_ input: Double, _ output: Double, _ width: Double, _ entropy: Double) {
        formula = ConditioningFormula(
            inputBits: input, outputBits: output, narrowestWidth: width, inputEntropy: entropy)
    }

    var testDescription: String { "\(formula)" }
}

extension Conditioner {
    /// The block's bytes, for comparison; `Entropy` itself cannot be compared.
    fileprivate mutating func blockBytes() -> [UInt8]? {
        let block: Entropy? = makeBlock()
        switch consume block {
        case .none: return nil
        case .some(let block): return block.withBytes { Array($0) }
        }
    }
}
