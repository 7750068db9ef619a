// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// The adaptive proportion test (SP 800-90B section 4.4.2): a symbol that takes too large a share.
///
/// Windows follow one another without overlap. What is counted in each is its first symbol, which
/// counts as one itself.
public struct AdaptiveProportionTest: Sendable {
    private let window: Int
    private let cutoffs: AlarmCutoffs
    private var counted: UInt8 = 0
    private var count = 0
    private var position = 0

    /// A test that has seen nothing.
    ///
    /// - Parameters:
    ///   - window: Symbols a window: 512, or 1024 for a binary source.
    ///   - cutoffs: Counts within one window.
    public init(window: Int, cutoffs: AlarmCutoffs) {
        self.window = window
        self.cutoffs = cutoffs
    }

    /// Takes the next symbol, and returns the level that the count reaches with it, if any.
    @inline(__always)
    public mutating func take(_ symbol: UInt8) -> AlarmLevel? {
        if position == 0 {
            counted = symbol
            count = 0
        }
        position &+= 1
        if position >= window { position = 0 }
        guard symbol == counted else { return nil }
        count &+= 1
        return count < cutoffs.intermittent ? nil : cutoffs.level(crossedAt: count)
    }
}
