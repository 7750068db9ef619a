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

    /// Claimed bits a byte.
    public let bitsPerByte: Double
    /// Run lengths at which the repetition count test alarms.
    public let repetitionCutoffs: AlarmCutoffs
    /// Counts at which the adaptive proportion test alarms.
    public let proportionCutoffs: AlarmCutoffs

    /// The claim in millionths of a bit, rounded down: claims of many bytes add up exactly.
    let microbitsPerByte: Int

    /// Claims `bitsPerByte` bits of min-entropy a byte.
    public init(bitsPerByte: Double) throws(Failure) {
        do throws(HealthCutoff.Failure) {
            // A NaN is in no range.
            guard Self.allowedBitsPerByte.contains(bitsPerByte) else {
                throw .claimOutOfRange(bitsPerSymbol: bitsPerByte)
            }
            repetitionCutoffs = try Self.repetition(bitsPerByte)
            proportionCutoffs = try Self.proportion(bitsPerByte)
        } catch {
            throw .outOfRange(bitsPerByte: bitsPerByte)
        }
        self.bitsPerByte = bitsPerByte
        microbitsPerByte = Int(bitsPerByte * 1_000_000)
    }

    /// The cutoffs of `test`.
    public func cutoffs(of test: HealthTest) -> AlarmCutoffs {
        switch test {
        case .repetitionCount: repetitionCutoffs
        case .adaptiveProportion: proportionCutoffs
        }
    }

    private static func repetition(_ bits: Double) throws(HealthCutoff.Failure) -> AlarmCutoffs {
        AlarmCutoffs(
            intermittent: try HealthCutoff.repetitionCount(
                bitsPerSymbol: bits, alpha: .intermittent),
            permanent: try HealthCutoff.repetitionCount(bitsPerSymbol: bits, alpha: .permanent))
    }

    private static func proportion(_ bits: Double) throws(HealthCutoff.Failure) -> AlarmCutoffs {
        AlarmCutoffs(
            intermittent: try HealthCutoff.adaptiveProportion(
                bitsPerSymbol: bits, window: HealthTests.window, alpha: .intermittent),
            permanent: try HealthCutoff.adaptiveProportion(
                bitsPerSymbol: bits, window: HealthTests.window, alpha: .permanent))
    }
}
