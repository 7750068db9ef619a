// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// The min-entropy claimed of one byte of a noise source, with the cutoffs that follow from it.
///
/// A value of this type can be tested: a claim too high to be true, or so low that a test could
/// never fail, has been refused.
public struct EntropyClaim: Equatable, Sendable {
    /// Why a claim was refused.
    public enum Failure: Error, Equatable, CustomStringConvertible {
        /// It is outside `allowedBitsPerByte`.
        case outOfRange(bitsPerByte: Double)

        public var description: String {
            switch self {
            case .outOfRange(let bitsPerByte):
                """
                a claim of \(bitsPerByte) bits a byte cannot be tested: \
                it must be from \(EntropyClaim.allowedBitsPerByte.lowerBound) \
                to \(EntropyClaim.allowedBitsPerByte.upperBound)
                """
            }
        }
    }

    /// The claims that can be tested, in bits a byte.
    ///
    /// Below 60/512 no window of 512 symbols is unlikely enough for a permanent alarm. The lower
    /// bound is 64/512, which leaves room for tests that share one false-alarm probability.
    public static let allowedBitsPerByte = 0.125...8.0

    /// Full entropy: eight bits a byte.
    public static let full = EntropyClaim(allowed: allowedBitsPerByte.upperBound)

    /// Claimed bits a byte.
    public let bitsPerByte: Double
    /// Run lengths at which the repetition count test alarms.
    public let repetitionCutoffs: AlarmCutoffs
    /// Counts at which the adaptive proportion test alarms.
    public let proportionCutoffs: AlarmCutoffs
    /// Counts at which the lag test alarms at one distance.
    public let lagCutoffs: AlarmCutoffs
    /// Lengths from which a block that comes twice is an alarm.
    public let duplicateCutoffs: AlarmCutoffs

    /// The claim in millionths of a bit, rounded down: claims of many bytes add up exactly.
    let microbitsPerByte: Int

    /// Claims `bitsPerByte` bits of min-entropy a byte.
    public init(bitsPerByte: Double) throws(Failure) {
        // A NaN is in no range.
        guard Self.allowedBitsPerByte.contains(bitsPerByte) else {
            throw .outOfRange(bitsPerByte: bitsPerByte)
        }
        self.init(allowed: bitsPerByte)
    }

    /// A claim of `bitsPerByte`, which is within `allowedBitsPerByte`: there every cutoff exists.
    init(allowed bitsPerByte: Double) {
        self.bitsPerByte = bitsPerByte
        microbitsPerByte = Int(bitsPerByte * 1_000_000)
        repetitionCutoffs = Self.cutoffs { alpha throws(HealthCutoff.Failure) in
            try HealthCutoff.repetitionCount(bitsPerSymbol: bitsPerByte, alpha: alpha)
        }
        proportionCutoffs = Self.proportion(bitsPerByte, tests: 1)
        lagCutoffs = Self.proportion(bitsPerByte, tests: LagTest.distances.count)
        // A block of n samples equals the one before with a probability of 2^(-H n).
        duplicateCutoffs = Self.cutoffs { Int(($0.negativeLog2 / bitsPerByte).rounded(.up)) }
    }

    /// The cutoffs of `test`.
    public func cutoffs(of test: HealthTest) -> AlarmCutoffs {
        switch test {
        case .repetitionCount: repetitionCutoffs
        case .adaptiveProportion: proportionCutoffs
        case .lag: lagCutoffs
        case .duplicateBlock: duplicateCutoffs
        }
    }

    /// The cutoffs of `tests` tests of which any may alarm, so that each has its part of alpha.
    private static func proportion(_ bits: Double, tests: Int) -> AlarmCutoffs {
        cutoffs { alpha throws(HealthCutoff.Failure) in
            try HealthCutoff.adaptiveProportion(
                bitsPerSymbol: bits, window: HealthTests.window, alpha: alpha.shared(by: tests))
        }
    }

    private static func cutoffs(
        _ cutoff: (FalseAlarmProbability) throws(HealthCutoff.Failure) -> Int
    ) -> AlarmCutoffs {
        let (intermittent, permanent) = (try? cutoff(.intermittent), try? cutoff(.permanent))
        precondition(
            intermittent != nil && permanent != nil, "within the range every cutoff exists")
        return AlarmCutoffs(intermittent: intermittent ?? 0, permanent: permanent ?? 0)
    }
}
