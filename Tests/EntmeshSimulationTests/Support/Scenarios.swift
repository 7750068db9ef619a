// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConfig
import EntmeshSimulation

extension Scenario {
    /// Two hosts, one with a source, and a few guests.
    static func pair(more: String = "") throws -> Scenario {
        try Scenario(
            yaml: """
                name: pair
                duration: 10 min
                hosts:
                  - name: rich
                    tank: 16 KiB
                    source: 1 KiB/s
                    guests: {count: 3}
                  - name: poor
                    tank: 8 KiB
                    guests: {count: 3, ready: off}
                links:
                  - {from: rich, to: poor, forth: credit}
                \(more)
                """, file: "pair.yaml")
    }

    /// The same, with all kinds of fault.
    static func troubledPair() throws -> Scenario {
        try pair(
            more: "faults: {"
                + FaultKind.allCases.map { "\($0.rawValue): 120" }.joined(separator: ", ") + "}")
    }
}

/// What became of a run.
func ran(_ scenario: Scenario, seed: UInt64 = 1, duration: Int? = nil, defect: Defect? = nil)
    -> Simulation
{
    let simulation = Simulation(scenario: scenario, seed: seed, duration: duration, defect: defect)
    simulation.run()
    return simulation
}
