// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshTestSupport
import Foundation
import Testing

/// `entmesh simulate` as it is built.
@Suite(.timeLimit(.minutes(5)))
struct SimulateCommandTests {
    private struct Ending {
        let status: Int32
        let output: String
    }

    private static let program = "\(Child.buildDirectory ?? ".")/entmesh"
    private let directory: TestDirectory
    private let file: String

    init() throws {
        directory = try TestDirectory()
        file = directory.path("s.yaml")
    }

    private func simulate(_ scenario: String, _ arguments: [String] = []) async throws -> Ending {
        try scenario.write(toFile: file, atomically: true, encoding: .utf8)
        let child = try Child(
            [Self.program, "simulate", file] + arguments, log: directory.path("out"))
        return Ending(status: await child.status(), output: child.log)
    }

    private static let small = """
        name: small
        duration: 10 min
        hosts: [{name: host, source: 1 KiB/s, guests: {count: 2}}]
        """

    @Test func theTableFitsEightyColumns() async throws {
        let ending = try await simulate(Self.small)
        #expect(ending.status == 0)
        #expect(ending.output.hasPrefix("small, seed 1, 10m0s simulated\n"))
        #expect(ending.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
    }

    @Test func aRunThatFailsSaysHowToReplayIt() async throws {
        let ending = try await simulate(
            Self.small + "\nleast-fault-kinds: 1", ["--seed", "5", "--seeds", "3", "--json"])
        #expect(ending.status == 1)
        #expect(ending.output.contains("replay it: entmesh simulate \(file) --seed 5\n"))
        // The first failure ends it.
        #expect(!ending.output.contains("\"seed\":6"))
    }

    @Test func aFileThatIsWrongIsToldByLineAndColumn() async throws {
        let ending = try await simulate("hosts:\n  - nam: x")
        #expect(ending.status == 1)
        #expect(
            ending.output == "error: \(file):2:5: unknown key 'nam' (did you mean 'name'?)\n")
    }

    @Test func levelsAreWrittenAsCSVAndSVG() async throws {
        let csv = directory.path("levels.csv")
        let plot = directory.path("levels.svg")
        let ending = try await simulate(Self.small, ["--csv", csv, "--plot", plot])
        #expect(ending.status == 0)
        #expect(try String(contentsOfFile: csv, encoding: .utf8).hasPrefix("seconds,host,"))
        #expect(try String(contentsOfFile: plot, encoding: .utf8).hasPrefix("<svg"))
    }

    @Test func severalSeedsAreSummedUp() async throws {
        let ending = try await simulate(Self.small, ["--seeds", "3"])
        #expect(ending.status == 0)
        #expect(ending.output.hasPrefix("3 seeds, 0.5 simulated hours, "))
    }
}
