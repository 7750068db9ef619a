// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// The repetition count test (SP 800-90B section 4.4.1): a symbol that comes too often in a row.
public struct RepetitionCountTest: Sendable {
    private let cutoffs: AlarmCutoffs
    private var last: UInt8 = 0
    private var runLength = 0

    /// A test that has seen nothing; `cutoffs` are run lengths.
    public init(cutoffs: AlarmCutoffs) {
        self.cutoffs = cutoffs
    }

    /// Takes the next symbol, and returns the level that the run reaches with it, if any.
    ///
    /// A run that goes on goes on being counted, so that an intermittent alarm can turn into a
    /// permanent one.
    @inline(__always)
    public mutating func take(_ symbol: UInt8) -> AlarmLevel? {
        guard symbol == last, runLength > 0 else {
            last = symbol
            runLength = 1
            return nil
        }
        runLength &+= 1
        return runLength < cutoffs.intermittent ? nil : cutoffs.level(crossedAt: runLength)
    }
}
