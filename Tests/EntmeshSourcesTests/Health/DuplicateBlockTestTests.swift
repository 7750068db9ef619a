// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshCoreTestSupport
import Testing

@testable import EntmeshSources

@Suite struct DuplicateBlockTestTests {
    private static func test(claim bits: Double = 4) throws -> DuplicateBlockTest {
        DuplicateBlockTest(cutoffs: try EntropyClaim(bitsPerByte: bits).duplicateCutoffs)
    }

    private static func levels(
        _ blocks: [UInt8]..., claim bits: Double = 4
    ) throws -> [AlarmLevel?] {
        var test = try test(claim: bits)
        return blocks.map { block in block.withUnsafeBytes { test.take($0) } }
    }

    private static func block(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
        var noise = SplitMix(seed: seed)
        return noise.bytes(count)
    }

    /// A coincidence of n samples has a probability of 2^(-H n): 2^-40, and 2^-60.
    @Test(arguments: [
        (8.0, 5, 8), (7, 6, 9), (4, 10, 15), (2.5, 16, 24), (1, 40, 60), (0.5, 80, 120),
        (0.125, 320, 480),
    ])
    func theCutoffsAreTheLengthsThatNoCoincidenceHas(bits: Double, some: Int, all: Int) throws {
        let cutoffs = try EntropyClaim(bitsPerByte: bits).duplicateCutoffs
        #expect(cutoffs == AlarmCutoffs(intermittent: some, permanent: all))
        for (length, level) in [
            (1, nil), (some - 1, nil), (some, .intermittent), (all - 1, .intermittent),
            (all, .permanent), (all + 1, .permanent), (4096, .permanent),
        ] as [(Int, AlarmLevel?)] {
            let block = Self.block(length)
            #expect(try Self.levels(block, block, claim: bits) == [nil, level])
        }
    }

    @Test func oneSampleThatDiffersIsAnotherBlock() throws {
        let block = Self.block(144)
        for place in [0, 71, 143] {
            var other = block
            other[place] ^= 0x01
            #expect(try Self.levels(block, other) == [nil, nil])
        }
    }

    @Test func aBlockThatBeginsAsTheOneBeforeIsAnotherBlock() throws {
        let block = Self.block(144)
        #expect(try Self.levels(block, Array(block.dropLast())) == [nil, nil])
        #expect(try Self.levels(Array(block.dropLast()), block) == [nil, nil])
        #expect(try Self.levels([UInt8](repeating: 0, count: 20), [0, 0, 0]) == [nil, nil])
    }

    @Test func onlyTheBlockRightBeforeCounts() throws {
        let (one, other) = (Self.block(144), Self.block(144, seed: 2))
        #expect(try Self.levels(one, other, one) == [nil, nil, nil])
        #expect(try Self.levels(one, other, other) == [nil, nil, .permanent])
    }

    @Test func aBlockThatGoesOnComingGoesOnAlarming() throws {
        let block = Self.block(12)
        #expect(
            try Self.levels(block, block, block, block)
                == [nil, .intermittent, .intermittent, .intermittent])
    }

    @Test func blocksOfGoodNoiseRaiseNothing() throws {
        var test = try Self.test(claim: 8)
        var noise = SplitMix(seed: 3)
        for _ in 0..<20_000 {
            let level = noise.bytes(5).withUnsafeBytes { test.take($0) }
            #expect(level == nil)
        }
    }
}
