// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConfig
import EntmeshNode
import EntmeshSimulation
import Foundation
import Testing

/// A scenario file is read strictly.
struct ScenarioTests {
    private func problem(_ yaml: String) -> String {
        do {
            _ = try Scenario(yaml: yaml, file: "s.yaml")
            return ""
        } catch {
            return error.description
        }
    }

    @Test func anErrorSaysWhereAndWhatWasMeant() {
        #expect(
            problem("hosts:\n  - name: a\n    sorce: 1 B/s")
                == "s.yaml:3:5: unknown key 'sorce' (did you mean 'source'?)")
        #expect(
            problem("hosts:\n  - name: a\nfaults:\n  crsh: 3")
                == "s.yaml:4:3: unknown key 'crsh' (did you mean 'crash'?)")
        #expect(
            problem("hosts:\n  - name: leaf\nlinks:\n  - from: leef\n    to: leaf")
                .hasPrefix("s.yaml:4:11: 'leef' is not one of leaf (did you mean 'leaf'?)"))
    }

    @Test(arguments: [
        ("", "describes nothing"),
        ("name: x", "hosts are missing"),
        ("hosts: []", "hosts are missing"),
        ("hosts: [{count: 2}]", "a name is missing"),
        ("hosts: [{name: a}, {name: a}]", "there are hosts called 'a' already"),
        ("hosts: [{name: a, count: 10001}]", "is no whole number from 1 to 10000"),
        (
            "hosts: [{name: a, count: 10000, guests: {count: 101}}]",
            "10000 hosts and 1010000 guests are more"
        ),
        ("hosts: [{name: a, source: 4 X}]", "has no unit that is known"),
        ("hosts: [{name: a}]\nduration: 3 fortnights", "is no time: write a number and ms"),
        ("hosts: [{name: a}]\nduration: 0 s", "is out of range"),
        ("hosts: [{name: a}]\nlinks: [{from: a}]", "a link takes 'from' and 'to'"),
        ("hosts: [{name: a}]\nlinks: [{from: a, to: a, each: 1}]", "from 0 to 0"),
        ("hosts: [{name: a}]\nfaults: {crash: -1}", "from 0 to 3600"),
    ]) func whatMakesNoSenseIsRefused(yaml: String, expected: String) {
        #expect(problem(yaml).contains(expected))
    }

    @Test func whatIsNotSaidHasDefaults() throws {
        let scenario = try Scenario(yaml: "hosts: [{name: a}]", file: "s.yaml")
        #expect(scenario.duration.wholeSeconds == 3600)
        #expect(scenario.hosts[0].tank == 65536)
        #expect(scenario.hosts[0].source == nil)
        #expect(scenario.faults.isEmpty)
    }

    @Test(arguments: [
        "boot-storm", "chaos", "cluster", "loops", "single-host", "thousand-guests",
        "thousand-hosts", "two-hosts-equal", "two-hosts-unequal",
    ]) func everyShippedScenarioIsRead(name: String) throws {
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let file = root.appendingPathComponent("host-agent/simulations/\(name).yaml")
        let scenario = try Scenario(
            yaml: String(contentsOf: file, encoding: .utf8), file: file.path)
        #expect(scenario.duration.wholeSeconds >= 900)
        #expect(!scenario.hosts.isEmpty)
    }
}
