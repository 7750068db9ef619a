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

    public var description: String {
        switch test {
        case .repetitionCount: "repetition count test: one value \(cutoff) times in a row"
        case .adaptiveProportion:
            "adaptive proportion test: one value \(cutoff) times in \(HealthTests.window) samples"
        }
    }
}

/// The tests a raw sample goes through.
public enum HealthTest: Equatable, Sendable, CaseIterable {
    /// SP 800-90B section 4.4.1.
    case repetitionCount
    /// SP 800-90B section 4.4.2.
    case adaptiveProportion
}

/// How many alarms, of either level, each test has raised since the source was made.
public struct AlarmCounts: Equatable, Sendable {
    /// Alarms of the repetition count test.
    public private(set) var repetitionCount: UInt64 = 0
    /// Alarms of the adaptive proportion test.
    public private(set) var adaptiveProportion: UInt64 = 0

    /// No alarms.
    public init() {}

    mutating func book(_ test: HealthTest) {
        switch test {
        case .repetitionCount: repetitionCount += 1
        case .adaptiveProportion: adaptiveProportion += 1
        }
    }
}
