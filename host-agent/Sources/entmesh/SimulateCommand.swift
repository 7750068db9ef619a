// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import ArgumentParser
internal import EntmeshConfig
internal import EntmeshSimulation
internal import Foundation

/// `entmesh simulate`: the mesh of a scenario file in virtual time.
struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Run a scenario of hosts and guests in virtual time.",
        discussion: """
            Runs the daemon's own mesh, connections and tanks, with the faults that the file asks \
            for. The same file and seed give the same run. An invariant that does not hold ends it \
            with exit status 1 and the command that replays it.
            """)

    @Argument(help: "The scenario, in YAML.", completion: .file(extensions: ["yaml"]))
    var file: String

    @Option(help: ArgumentHelp("Where chance begins.", valueName: "n"))
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("Run so many seeds, from --seed on.", valueName: "n"))
    var seeds = 1

    @Option(
        help: ArgumentHelp("Simulate so many seconds, not what the file says.", valueName: "s"))
    var duration: Int?

    @Flag(help: "Print JSON instead of a table: a line a seed.")
    var json = false

    @Option(
        help: ArgumentHelp("Write levels over time as CSV; of one seed only.", valueName: "file"),
        completion: .file())
    var csv: String?

    @Option(
        help: ArgumentHelp("Plot levels over time as SVG; of one seed only.", valueName: "file"),
        completion: .file())
    var plot: String?

    func validate() throws {
        guard (1...1_000_000).contains(seeds) else {
            throw ValidationError("--seeds takes 1 to 1000000")
        }
        guard (1...31_536_000).contains(duration ?? 1) else {
            throw ValidationError("--duration takes 1 to 31536000 seconds")
        }
        guard seeds == 1 || csv == nil && plot == nil else {
            throw ValidationError("--csv and --plot take one seed")
        }
        guard !seed.addingReportingOverflow(UInt64(seeds)).overflow else {
            throw ValidationError("--seed is too large")
        }
    }

    func run() async throws {
        try await reportingErrors {
            let text = try ConfigFile(path: file, isRequired: true).text() ?? ""
            let scenario = try Scenario(yaml: text, file: file)
            var summary = SeedSummary()
            for seed in seed..<seed + UInt64(seeds) {
                let report = try simulate(scenario, seed: seed)
                summary.add(report)
                if let broken = report.broken {
                    throw CommandError(broken: broken, replay: replay(seed))
                }
            }
            if seeds > 1, !json { print(summary.text) }
        }
    }

    private func simulate(_ scenario: Scenario, seed: UInt64) throws -> Report {
        let simulation = Simulation(scenario: scenario, seed: seed, duration: duration)
        simulation.run()
        let report = simulation.report
        if json {
            print(try JSON.line(report))
        } else if seeds == 1 {
            print(SimulationText(report).render())
        }
        if let csv { try write(simulation.levels.csv, to: csv) }
        if let plot {
            try write(
                Plot(simulation.levels, title: "\(scenario.name), seed \(seed)").svg, to: plot)
        }
        return report
    }

    private func write(_ text: String, to path: String) throws {
        do {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        } catch {
            throw CommandError("cannot write \(path): \(error.localizedDescription)")
        }
    }

    private func replay(_ seed: UInt64) -> String {
        "entmesh simulate \(file) --seed \(seed)" + (duration.map { " --duration \($0)" } ?? "")
    }
}

extension CommandError {
    /// An invariant did not hold in a simulation.
    init(broken: BrokenInvariant, replay: String) {
        self.init(
            """
            after \(decimal(broken.seconds, places: 6)) simulated seconds: \(broken.what); \
            replay it: \(replay)
            """)
    }
}
