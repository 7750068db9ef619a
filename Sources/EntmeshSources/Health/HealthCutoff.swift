// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import Glibc

/// The cutoffs of the health tests (SP 800-90B sections 4.4.1 and 4.4.2), computed from the
/// claimed min-entropy of a symbol.
public enum HealthCutoff {
    /// Why a claim cannot be tested.
    public enum Failure: Error, Equatable {
        /// The claim is not above 0 and at most 8 bits a symbol.
        case claimOutOfRange(bitsPerSymbol: Double)
        /// Even a window of equal symbols would not be an alarm: the test could never fail.
        case neverFails(bitsPerSymbol: Double, window: Int)
    }

    /// The run length at which the repetition count test alarms: `1 + ceil(-log2(alpha) / H)`.
    public static func repetitionCount(
        bitsPerSymbol: Double, alpha: FalseAlarmProbability
    ) throws(Failure) -> Int {
        try checkRange(bitsPerSymbol)
        // Beyond this a run is longer than anyone will wait for; it also keeps `Int` from trapping.
        let longest = 0x1p40
        let length = (alpha.negativeLog2 / bitsPerSymbol).rounded(.up)
        return 1 + Int(min(length, longest))
    }

    /// The count at which the adaptive proportion test alarms, the first symbol of the window
    /// included: `1 + critbinom(W, 2^-H, 1 - alpha)`.
    ///
    /// - Throws: `neverFails` when that is more than `window`.
    public static func adaptiveProportion(
        bitsPerSymbol: Double, window: Int, alpha: FalseAlarmProbability
    ) throws(Failure) -> Int {
        try checkRange(bitsPerSymbol)
        let cutoff = 1 + criticalCount(bitsPerSymbol, window, alpha)
        guard cutoff <= window else {
            throw .neverFails(bitsPerSymbol: bitsPerSymbol, window: window)
        }
        return cutoff
    }

    private static func checkRange(_ bitsPerSymbol: Double) throws(Failure) {
        // Written so that a NaN is refused too.
        guard bitsPerSymbol > 0, bitsPerSymbol <= 8 else {
            throw .claimOutOfRange(bitsPerSymbol: bitsPerSymbol)
        }
    }

    /// The smallest k with P(X > k) <= alpha, for X binomial over `window` trials at 2^-H.
    ///
    /// The tail is summed from its far end, smallest terms first: 1 - alpha itself has no room in
    /// a Double below alpha = 2^-53. The terms follow from one another in logarithms, because
    /// the first of them, 2^(-H W), can be as small as 2^-8192.
    private static func criticalCount(
        _ bitsPerSymbol: Double, _ window: Int, _ alpha: FalseAlarmProbability
    ) -> Int {
        let limit = exp2(-alpha.negativeLog2)
        let log2Odds = bitsPerSymbol + log2(1 - exp2(-bitsPerSymbol))
        var log2Term = -bitsPerSymbol * Double(window)
        var tail = exp2(log2Term)
        var count = max(0, window)
        while count > 0, tail <= limit {
            log2Term += log2(Double(count) / Double(window - count + 1)) + log2Odds
            count -= 1
            tail += exp2(log2Term)
        }
        return count
    }
}
