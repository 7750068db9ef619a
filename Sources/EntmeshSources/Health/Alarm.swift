// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// What a health test found.
public struct Alarm: Equatable, Sendable, CustomStringConvertible {
    /// The test that alarmed.
    public let test: HealthTest
    /// The level it reached.
    public let level: AlarmLevel
    /// The count it reached, in symbols.
    public let cutoff: Int
    /// What was observed during a start-up test that it ended; nil for a source that was running.
    public internal(set) var observed: ObservedEntropy?

    init(test: HealthTest, level: AlarmLevel, cutoff: Int, observed: ObservedEntropy? = nil) {
        self.test = test
        self.level = level
        self.cutoff = cutoff
        self.observed = observed
    }

    public var description: String {
        observed.map { "\(finding); \($0)" } ?? finding
    }

    private var finding: String {
        switch test {
        case .repetitionCount: "repetition count test: one value \(cutoff) times in a row"
        case .adaptiveProportion:
            "adaptive proportion test: one value \(cutoff) times in \(HealthTests.window) samples"
        case .lag:
            "lag test: \(cutoff) of \(HealthTests.window) samples equal an earlier one"
        case .duplicateBlock: "duplicate block test: \(cutoff) samples came twice"
        }
    }
}

/// The tests a raw sample goes through.
public enum HealthTest: Equatable, Sendable, CaseIterable {
    /// SP 800-90B section 4.4.1.
    case repetitionCount
    /// SP 800-90B section 4.4.2.
    case adaptiveProportion
    /// Ours (section 4.5 invites more tests): samples that repeat at a distance.
    case lag
    /// Ours: the same block read twice in a row.
    case duplicateBlock
}

/// How many alarms, of either level, each test has raised since the source was made.
public struct AlarmCounts: Equatable, Sendable {
    /// Alarms of the repetition count test.
    public private(set) var repetitionCount: UInt64 = 0
    /// Alarms of the adaptive proportion test.
    public private(set) var adaptiveProportion: UInt64 = 0
    /// Alarms of the lag test.
    public private(set) var lag: UInt64 = 0
    /// Alarms of the duplicate block test.
    public private(set) var duplicateBlock: UInt64 = 0

    /// Alarms of all tests.
    public var total: UInt64 { repetitionCount + adaptiveProportion + lag + duplicateBlock }

    /// No alarms.
    public init() {}

    mutating func book(_ test: HealthTest) {
        switch test {
        case .repetitionCount: repetitionCount += 1
        case .adaptiveProportion: adaptiveProportion += 1
        case .lag: lag += 1
        case .duplicateBlock: duplicateBlock += 1
        }
    }
}
