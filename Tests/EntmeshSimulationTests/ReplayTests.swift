// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import Foundation
import Testing

@testable import EntmeshSimulation

/// The same file and seed give the same run.
struct ReplayTests {
    private func bytes(_ simulation: Simulation) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return try encoder.encode(simulation.report) + Data(simulation.levels.csv.utf8)
    }

    @Test func aSeedGivesTheSameRunToTheLastByte() throws {
        let scenario = try Scenario.troubledPair()
        let first = try bytes(ran(scenario, seed: 7))
        #expect(try bytes(ran(scenario, seed: 7)) == first)
        #expect(try bytes(ran(scenario, seed: 8)) != first)
    }

    @Test func theGeneratorDrawsTheSameOnEveryMachine() {
        // The published outputs of SplitMix64 from 1234567.
        var generator = Generator(seed: 1_234_567)
        let drawn = (0..<3).map { _ in generator.next() }
        #expect(
            drawn == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
            ])
    }

    @Test func aFailureIsFoundAgainAtTheSameMoment() throws {
        let scenario = try Scenario.troubledPair()
        let found = ran(scenario, seed: 3, defect: .sendsABlockTwice).report.broken
        #expect(found != nil)
        #expect(ran(scenario, seed: 3, defect: .sendsABlockTwice).report.broken == found)
    }
}
