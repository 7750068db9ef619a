// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshNode

/// Levels over time: the rows of the CSV file and the lines of the plot.
package struct Series: Sendable {
    /// More hosts than this are told by the lowest, the median and the highest of each group.
    static let mostHosts = 12
    /// More groups than this are left out.
    static let mostGroups = 12
    /// More rows than this are not kept: the last ones are left out.
    static let mostRows = 100_000

    /// The columns after the first, which has the seconds.
    package private(set) var columns: [String]
    /// How many of them are levels in percent; the rest are counts.
    package let levelCount: Int
    package private(set) var rows: [(seconds: Double, values: [Int])] = []
    let tellsHosts: Bool

    init(_ scenario: Scenario) {
        let hosts = scenario.hosts.reduce(0) { $0 + $1.count }
        tellsHosts = hosts <= Self.mostHosts
        columns = []
        for group in scenario.hosts.prefix(Self.mostGroups) {
            if hosts > Self.mostHosts {
                columns += ["lowest", "median", "highest"].map { "\(group.name) \($0)" }
            } else {
                columns += (0..<group.count).map {
                    group.count == 1 ? group.name : "\(group.name)-\($0 + 1)"
                }
            }
        }
        if scenario.hosts.contains(where: { $0.guests.count + $0.guests.liars > 0 }) {
            columns += ["lowest", "median", "highest"].map { "guests \($0)" }
        }
        levelCount = columns.count
        columns += ["guests connected", "guests starving", "bytes delivered", "bytes discarded"]
    }

    mutating func add(_ values: [Int], at moment: Moment) {
        if rows.count < Self.mostRows { rows.append((moment.seconds, values)) }
    }

    /// The series as comma-separated values, a header first.
    package var csv: String {
        var text = "seconds," + columns.map(Self.quoted).joined(separator: ",") + "\n"
        for row in rows {
            text += decimal(row.seconds, places: 1)
            for value in row.values { text += ",\(value)" }
            text += "\n"
        }
        return text
    }

    private static func quoted(_ name: String) -> String {
        guard name.contains(where: { ",\"".contains($0) }) else { return name }
        return "\""
            + name.split(separator: "\"", omittingEmptySubsequences: false)
            .joined(separator: "\"\"") + "\""
    }
}

/// `value` with so many places, rounded; the same on every machine.
package func decimal(_ value: Double, places: Int) -> String {
    var factor = 1.0
    for _ in 0..<places { factor *= 10 }
    let scaled = (value.magnitude * factor).rounded()
    guard scaled < 9e15 else { return "\(value)" }
    let number = Int64(scaled)
    let whole = number / Int64(factor)
    let sign = value < 0 && number > 0 ? "-" : ""
    guard places > 0 else { return "\(sign)\(whole)" }
    let part = String(number % Int64(factor))
    return "\(sign)\(whole)." + String(repeating: "0", count: places - part.count) + part
}

/// How many stand at each level: the lowest, the median and the highest in one pass.
struct LevelCounts {
    private var counts = [Int](repeating: 0, count: 101)
    private var count = 0

    mutating func add(_ level: UInt8) {
        counts[Int(level)] += 1
        count += 1
    }

    /// Lowest, median and highest; zeros of nobody.
    var summary: [Int] { [rank(1), rank((count + 1) / 2), rank(count)] }

    private func rank(_ rank: Int) -> Int {
        guard rank > 0 else { return 0 }
        var passed = 0
        for level in counts.indices {
            passed += counts[level]
            if passed >= rank { return level }
        }
        return 0
    }
}
