// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// How bad an alarm is, which says what follows it.
public enum AlarmLevel: Equatable, Sendable {
    /// What was read and not yet conditioned is dropped, and the start-up test runs again.
    case intermittent
    /// The source is off until an operator resets it.
    case permanent

    /// The probability of a false alarm at this level.
    public var falseAlarmProbability: FalseAlarmProbability {
        switch self {
        case .intermittent: .intermittent
        case .permanent: .permanent
        }
    }
}
