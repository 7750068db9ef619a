// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// An amount of min-entropy in bits (NIST SP 800-90B, section 3.1): what a receiver may credit.
public struct MinEntropy: Equatable, Comparable, Sendable {
    /// The amount, in bits; never negative.
    public let bits: Int

    /// No entropy claimed: bytes that may be mixed in but not credited.
    public static let none = MinEntropy(bits: 0)

    /// Claims `bits` bits; a negative claim counts as none.
    public init(bits: Int) {
        self.bits = max(0, bits)
    }

    /// The most that `byteCount` bytes can hold: eight bits a byte.
    public static func full(byteCount: Int) -> MinEntropy {
        MinEntropy(bits: 8 * byteCount)
    }

    public static func < (left: MinEntropy, right: MinEntropy) -> Bool {
        left.bits < right.bits
    }
}
