// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// The counts at which one test alarms, one for each level, in symbols.
public struct AlarmCutoffs: Equatable, Sendable {
    /// Reaching this count is an intermittent alarm.
    public let intermittent: Int
    /// Reaching this count is a permanent failure.
    public let permanent: Int

    /// The two cutoffs; `permanent` is not below `intermittent`.
    public init(intermittent: Int, permanent: Int) {
        self.intermittent = intermittent
        self.permanent = max(intermittent, permanent)
    }

    /// The count that is an alarm of `level`.
    public subscript(level: AlarmLevel) -> Int {
        switch level {
        case .intermittent: intermittent
        case .permanent: permanent
        }
    }

    /// The levels that a count which rises from `before` to `after` reaches: each is reported once,
    /// when it is crossed.
    func levels(crossedFrom before: Int, to after: Int) -> [AlarmLevel] {
        [AlarmLevel.intermittent, .permanent].filter { before < self[$0] && self[$0] <= after }
    }

    /// The level that `count` reaches now: each level is reported once, when it is crossed.
    func level(crossedAt count: Int) -> AlarmLevel? {
        if count == permanent { return .permanent }
        return count == intermittent ? .intermittent : nil
    }
}
