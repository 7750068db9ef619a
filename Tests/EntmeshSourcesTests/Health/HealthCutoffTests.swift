// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshSources
import Glibc
import Testing

@Suite struct HealthCutoffTests {
    /// A row of the reference table: cutoffs at alpha 2^-20, 2^-30, 2^-40 and 2^-60; nil where no
    /// count in the window is unlikely enough.
    struct Row: Sendable, CustomTestStringConvertible {
        let bits: Double
        let repetition: [Int]
        let proportion512: [Int?]
        var proportion1024: [Int?] = []

        var testDescription: String { "H = \(bits)" }
    }

    static let alphas = [20.0, 30, 40, 60].map(FalseAlarmProbability.init(negativeLog2:))

    static let table = [
        Row(bits: 8, repetition: [4, 5, 6, 9], proportion512: [13, 16, 19, 25]),
        Row(bits: 7, repetition: [4, 6, 7, 10], proportion512: [18, 22, 26, 32]),
        Row(bits: 6, repetition: [5, 6, 8, 11], proportion512: [25, 31, 35, 44]),
        Row(bits: 4, repetition: [6, 9, 11, 16], proportion512: [62, 71, 78, 91]),
        Row(bits: 3, repetition: [8, 11, 15, 21], proportion512: [103, 114, 123, 139]),
        Row(bits: 2, repetition: [11, 16, 21, 31], proportion512: [177, 190, 201, 220]),
        Row(
            bits: 1, repetition: [21, 31, 41, 61], proportion512: [311, 325, 336, 355],
            proportion1024: [589, 609, 625, 652]),
        Row(
            bits: 0.5, repetition: [41, 61, 81, 121], proportion512: [410, 422, 432, 447],
            proportion1024: [793, 810, 824, 847]),
        Row(
            bits: 0.1, repetition: [201, 301, 401, 601], proportion512: [502, 507, 510, nil],
            proportion1024: [991, 999, 1005, 1014]),
    ]

    @Test(arguments: table)
    func cutoffsAreThoseOfTheTable(row: Row) throws {
        for (index, alpha) in Self.alphas.enumerated() {
            #expect(
                try HealthCutoff.repetitionCount(bitsPerSymbol: row.bits, alpha: alpha)
                    == row.repetition[index])
            check(row, window: 512, alpha, row.proportion512[index])
            guard !row.proportion1024.isEmpty else { continue }
            check(row, window: 1024, alpha, row.proportion1024[index])
        }
    }

    private func check(_ row: Row, window: Int, _ alpha: FalseAlarmProbability, _ expected: Int?) {
        do {
            let cutoff = try HealthCutoff.adaptiveProportion(
                bitsPerSymbol: row.bits, window: window, alpha: alpha)
            #expect(cutoff == expected)
        } catch {
            #expect(expected == nil)
            #expect(error == .neverFails(bitsPerSymbol: row.bits, window: window))
        }
    }

    @Test(arguments: [0.125, 0.3, 1, 2.5, 4, 5.3, 8])
    func aProportionCutoffIsTheFirstCountThatIsUnlikelyEnough(bits: Double) throws {
        // 63.17 is alpha 2^-60 shared by nine tests.
        for negativeLog2 in [20, 40, 60, 63.17] {
            let limit = exp2(-negativeLog2)
            let cutoff = try HealthCutoff.adaptiveProportion(
                bitsPerSymbol: bits, window: 512,
                alpha: FalseAlarmProbability(negativeLog2: negativeLog2))
            #expect(binomialTail(cutoff, of: 512, at: exp2(-bits)) <= limit)
            #expect(binomialTail(cutoff - 1, of: 512, at: exp2(-bits)) > limit)
        }
    }

    @Test(arguments: [0, -1, 8.001, .infinity, -.infinity, .nan, .leastNonzeroMagnitude * -1])
    func aClaimOutOfRangeIsRefused(bits: Double) {
        #expect(throws: HealthCutoff.Failure.self) {
            try HealthCutoff.repetitionCount(bitsPerSymbol: bits, alpha: .intermittent)
        }
        #expect(throws: HealthCutoff.Failure.self) {
            try HealthCutoff.adaptiveProportion(
                bitsPerSymbol: bits, window: 512, alpha: .intermittent)
        }
    }

    @Test func theSmallestClaimDoesNotTrap() throws {
        let bits = Double.leastNonzeroMagnitude
        #expect(
            try HealthCutoff.repetitionCount(bitsPerSymbol: bits, alpha: .permanent)
                == 1 + (1 << 40))
        #expect(throws: HealthCutoff.Failure.neverFails(bitsPerSymbol: bits, window: 512)) {
            try HealthCutoff.adaptiveProportion(
                bitsPerSymbol: bits, window: 512, alpha: .permanent)
        }
    }

    @Test(arguments: [0, -1])
    func aWindowOfNothingNeverFails(window: Int) {
        #expect(throws: HealthCutoff.Failure.neverFails(bitsPerSymbol: 4, window: window)) {
            try HealthCutoff.adaptiveProportion(
                bitsPerSymbol: 4, window: window, alpha: .permanent)
        }
    }
}
