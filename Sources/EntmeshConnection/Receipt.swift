// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// What became of one block: the receiver's word for it, no more.
public struct Receipt: Equatable, Sendable {
    public enum Outcome: UInt8, Sendable {
        /// Injected and credited; the pool became ready by it.
        case seeded = 1
        /// Injected and credited, and the generator was reseeded from the pool.
        case reseeded = 2
        /// Injected and credited; an old kernel will reseed by itself within 300 s.
        case deferred = 3
        /// Added without credit.
        case mixed = 4
        /// Taken in by a buffer.
        case accepted = 5
        /// Thrown away.
        case discarded = 6
        /// Refused by the kernel; the receipt carries the errno.
        case failed = 7

        /// Whether the block counts as delivered.
        public var isDelivery: Bool {
            switch self {
            case .seeded, .reseeded, .deferred, .mixed, .accepted: true
            case .discarded, .failed: false
            }
        }
    }

    /// Which block.
    public var sequence: UInt32
    public var outcome: Outcome
    /// errno(3) of a failure, else 0.
    public var errorNumber: UInt16

    public init(sequence: UInt32, outcome: Outcome, errorNumber: UInt16 = 0) {
        self.sequence = sequence
        self.outcome = outcome
        self.errorNumber = errorNumber
    }
}
