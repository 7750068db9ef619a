// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

public import EntmeshNode

/// The kernel's entropy pool, the seed's K, as something that is fed and has a level, and whose
/// generator can be drawn from.
///
/// A kernel is of one of two eras, told apart by its pool size and never by its version, because
/// the rewrite of random.c in 5.18 was ported back to the stable kernels.
public struct KernelPool<Device: RandomDevice & ~Copyable>: ~Copyable {
    /// Which random.c the kernel has.
    public enum Era: Equatable, Sendable {
        /// Before 5.18: a count that rises and falls, 4096 bits.
        case old
        /// Since 5.18: 256 bits, and a count that never falls again.
        case modern
    }

    /// Which random.c the kernel has.
    public let era: Era
    /// The pool's size in bits. Taken as a modern kernel's if it cannot be read.
    public let poolBits: Int

    private var device: Device
    private var wasSeenReady = false

    /// The pool behind `device`, which it owns from here on.
    public init(device: consuming Device) {
        let bits = device.poolBits ?? KernelPoolFacts.modernPoolBits
        poolBits = bits
        era = bits > KernelPoolFacts.modernPoolBits ? .old : .modern
        self.device = device
    }

    /// The pool's size in bytes.
    public var capacity: Int { poolBits / 8 }

    /// Whether getrandom(2) would not block. Once true it stays true.
    @inline(never)
    public mutating func isReady() -> Bool {
        if !wasSeenReady {
            wasSeenReady = device.isReady
        }
        return wasSeenReady
    }

    /// The kernel's own estimate in bits, or 0 if it cannot be had.
    @inline(never)
    public mutating func availableBits() -> Int {
        do throws(Errno) {
            return try device.count()
        } catch {
            return 0
        }
    }

    /// The level at `bootTime`.
    ///
    /// A pool that is credited is at 0 until it is ready and no fuller than an old kernel's count;
    /// one that is only mixed into has a mix level, which is freshness alone.
    public mutating func level(
        of freshness: Freshness, mode: InjectionMode, bootTime: Moment
    ) -> FillLevel {
        let level = freshness.level(bootTime: bootTime)
        guard mode == .credit, level > .empty else { return level }
        guard isReady() else { return .empty }
        return era == .old ? min(level, countedLevel()) : level
    }

    /// Adds `entropy` to the pool and has the generator reseeded, as far as this kernel can.
    ///
    /// - Parameter level: the level before; an old kernel is asked to reseed only at 0, because
    ///   each reseed takes 256 bits out of its pool.
    public mutating func inject(
        _ entropy: consuming Entropy, mode: InjectionMode, at level: FillLevel
    ) -> Injection {
        let byteCount = entropy.byteCount
        let bits = mode == .mix ? 0 : entropy.minEntropy.bits
        let wasReady = isReady()
        do throws(Errno) {
            try add(entropy, bits: bits)
            let (outcome, didReseed) =
                switch mode {
                case .mix: try reseedMixed()
                case .credit: try reseed(wasReady: wasReady, bits: bits, at: level)
                }
            return Injection(
                outcome: outcome, didReseed: didReseed, creditedBits: bits, byteCount: byteCount)
        } catch {
            return Injection(
                outcome: .failed(error), didReseed: false, creditedBits: 0, byteCount: 0)
        }
    }

    /// Draws `byteCount` bytes, at most 256, from the kernel's generator: claimed in full. They are
    /// not taken out of the pool; who gives them away keeps the account.
    ///
    /// - Returns: nil while the generator is not ready.
    public mutating func draw(byteCount: Int) -> Entropy? {
        do throws(Errno) {
            return try Entropy(byteCount: byteCount, minEntropy: .full(byteCount: byteCount)) {
                out throws(Errno) in try device.draw(into: out)
            }
        } catch {
            return nil
        }
    }

    // A 3/4 of the pool is what the old asymptotic credit reaches in practice.
    private mutating func countedLevel() -> FillLevel {
        FillLevel(amount: Int64(availableBits()), of: Int64(poolBits) * 3 / 4)
    }

    private mutating func add(_ entropy: borrowing Entropy, bits: Int) throws(Errno) {
        try entropy.withBytes { bytes throws(Errno) in try device.add(bytes, bits: bits) }
    }

    // ENODATA is no failure here: what was not credited cannot have made the pool ready.
    private mutating func reseedMixed() throws(Errno) -> (Injection.Outcome, Bool) {
        guard era == .modern else { return (.mixed, false) }
        do throws(Errno) {
            try device.reseed()
            return (.mixed, true)
        } catch {
            guard error == .noData else { throw error }
            return (.mixed, false)
        }
    }

    private mutating func reseed(
        wasReady: Bool, bits: Int, at level: FillLevel
    ) throws(Errno) -> (Injection.Outcome, Bool) {
        switch era {
        case .modern:
            try device.reseed()
            return (wasReady ? .reseeded : .seeded, true)
        case .old:
            // The credit that makes an old pool ready seeds its generator at once.
            guard isReady() else { throw .noData }
            guard wasReady else { return (.seeded, true) }
            guard level == .empty, bits >= KernelPoolFacts.freshBits else {
                return (.deferred, false)
            }
            return try reseedOld() ? (.reseeded, true) : (.deferred, false)
        }
    }

    // Whether the generator really took from the pool. Before the fix of 5.11 (11a0b5e0ec8c)
    // RNDRESEEDCRNG reseeds the generator from itself and the count stays; before 4.14 there is no
    // such ioctl.
    private mutating func reseedOld() throws(Errno) -> Bool {
        let before = try device.count()
        do throws(Errno) {
            try device.reseed()
        } catch {
            guard error == .invalidArgument || error == .notThisDevice else { throw error }
            return false
        }
        return try device.count() < before
    }
}
