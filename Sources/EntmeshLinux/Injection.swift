// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// How bytes enter the kernel's pool.
public enum InjectionMode: Equatable, Sendable {
    /// Added and credited with their min-entropy.
    case credit
    /// Added, credited with nothing.
    case mix
}

/// What became of bytes offered to the kernel's pool.
public struct Injection: Equatable, Sendable {
    /// What happened, in the words of a receipt.
    public enum Outcome: Equatable, Sendable {
        /// Credited, and the pool became ready by it.
        case seeded
        /// Credited, and the generator was reseeded from the pool.
        case reseeded
        /// Credited; an old kernel reseeds by itself within 300 s.
        case deferred
        /// Added without credit.
        case mixed
        /// The kernel refused.
        case failed(Errno)
    }

    /// What happened.
    public let outcome: Outcome
    /// Whether the generator is known to have taken these bytes in by now.
    public let didReseed: Bool
    /// How much was credited, in bits.
    public let creditedBits: Int
    /// How many bytes were added; 0 if it failed.
    public let byteCount: Int

    /// Whether the pool is fresh by it: 256 bits credited, or as many bytes mixed (design
    /// sections 2 and 3).
    public var refreshes: Bool {
        switch outcome {
        case .seeded, .reseeded, .deferred: creditedBits >= KernelPoolFacts.freshBits
        case .mixed: 8 * byteCount >= KernelPoolFacts.freshBits
        case .failed: false
        }
    }
}

/// Constants of Linux's random.c that decide how a pool is fed.
enum KernelPoolFacts {
    /// The pool size since Linux 5.18 and the stable kernels it was ported back to, in bits.
    static let modernPoolBits = 256
    /// What an injection must credit to count as a reseed, in bits: POOL_READY_BITS.
    static let freshBits = 256
}
