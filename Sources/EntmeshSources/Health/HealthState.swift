// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// Where a source stands with its health tests.
public enum HealthState: Equatable, Sendable {
    /// The start-up test runs: this many samples more must pass before any is used.
    case startUp(remaining: Int)
    /// The continuous tests run; samples may be used.
    case running
    /// After an intermittent alarm: as `startUp`.
    case quarantined(remaining: Int, after: Alarm)
    /// Off until an operator resets it.
    case failed(PermanentFailure)

    /// How many samples must pass before any may be used; 0 when they may be, or never will be.
    public var remaining: Int {
        switch self {
        case .startUp(let remaining), .quarantined(let remaining, _): remaining
        case .running, .failed: 0
        }
    }

    /// Whether the source is off until an operator resets it.
    public var isFailed: Bool {
        switch self {
        case .failed: true
        case .startUp, .running, .quarantined: false
        }
    }
}

/// Why a source is off for good.
public enum PermanentFailure: Equatable, Sendable, CustomStringConvertible {
    /// One alarm of the permanent level.
    case alarm(Alarm)
    /// Too many alarms of the intermittent level within a day; this was the last.
    case repeatedAlarms(last: Alarm)

    public var description: String {
        switch self {
        case .alarm(let alarm): "\(alarm)"
        case .repeatedAlarms(let last):
            "\(HealthTests.alarmLimit) alarms within 24 hours, the last by the \(last)"
        }
    }
}
