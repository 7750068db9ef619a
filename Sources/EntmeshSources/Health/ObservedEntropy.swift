// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import Glibc

/// What the samples of a start-up test look like, for the operator: a wrong baud rate shows here.
///
/// The most common value estimate (SP 800-90B section 6.3.1), which is cautious: of a thousand
/// samples of a perfect source it sees 6 bits a byte.
public struct ObservedEntropy: Equatable, Sendable, CustomStringConvertible {
    /// The estimate, in bits of min-entropy a byte.
    public let bitsPerByte: Double
    /// What is claimed.
    public let claimedBitsPerByte: Double
    /// How many samples it is an estimate of.
    public let sampleCount: Int

    public var description: String {
        """
        observed \(Self.tenths(bitsPerByte)) bits a byte in \(sampleCount) samples, \
        \(Self.tenths(claimedBitsPerByte)) claimed
        """
    }

    private static func tenths(_ bits: Double) -> Double { (bits * 10).rounded() / 10 }
}

/// How often each value came in a start-up test.
struct Histogram: Sendable {
    private var counts = [UInt32](repeating: 0, count: 256)
    private var sampleCount = 0

    mutating func take(_ samples: UnsafeRawBufferPointer) {
        for sample in samples { counts[Int(sample)] += 1 }
        sampleCount += samples.count
    }

    mutating func reset() {
        self = Histogram()
    }

    /// The estimate with 99 % confidence; nil of fewer than two samples.
    func observed(claim: Double) -> ObservedEntropy? {
        guard sampleCount > 1, let most = counts.max() else { return nil }
        let share = Double(most) / Double(sampleCount)
        let spread = (share * (1 - share) / Double(sampleCount - 1)).squareRoot()
        let bound = min(1, share + 2.576 * spread)
        return ObservedEntropy(
            // Not `-log2(bound)`: that is minus zero for a source that is stuck.
            bitsPerByte: 0 - log2(bound), claimedBitsPerByte: claim,
            sampleCount: sampleCount)
    }
}
