// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import Glibc

/// The probability alpha with which a test may alarm at a source that meets its claim.
///
/// SP 800-90B section 4.4 calls it the type I error. It is kept as its negative binary logarithm:
/// alpha is always some 2^-n, and tiny.
public struct FalseAlarmProbability: Equatable, Sendable {
    /// -log2(alpha).
    public let negativeLog2: Double

    /// Alpha is 2^-`negativeLog2`.
    public init(negativeLog2: Double) {
        self.negativeLog2 = negativeLog2
    }

    /// What each of `count` tests may have, so that all of them together have this.
    public func shared(by count: Int) -> FalseAlarmProbability {
        FalseAlarmProbability(negativeLog2: negativeLog2 + log2(Double(count)))
    }

    /// 2^-40: rare enough that a perfect source at 1 MB/s meets it once in two weeks.
    public static let intermittent = FalseAlarmProbability(negativeLog2: 40)
    /// 2^-60: such a source does not meet it in a lifetime.
    public static let permanent = FalseAlarmProbability(negativeLog2: 60)
}
