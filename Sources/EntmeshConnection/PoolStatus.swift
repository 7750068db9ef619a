// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// What a pool's agent says of its kernel, for people to read.
public struct PoolStatus: Equatable, Sendable {
    /// /proc/sys/kernel/random/entropy_avail, in bits.
    public var availableBits: UInt16
    /// /proc/sys/kernel/random/poolsize, in bits: 256 since Linux 5.18, 4096 before.
    public var poolBits: UInt16
    /// Whether getrandom(2) would not block.
    public var isReady: Bool
    /// errno(3) of the last failed injection, 0 if none failed.
    public var lastError: UInt16
    /// uname -r.
    public var kernel: PrintableText
    /// /sys/class/misc/hw_random/rng_current: the generator in use, not the one configured.
    public var hardwareGenerator: PrintableText

    public init(
        availableBits: UInt16, poolBits: UInt16, isReady: Bool, lastError: UInt16,
        kernel: PrintableText, hardwareGenerator: PrintableText
    ) {
        self.availableBits = availableBits
        self.poolBits = poolBits
        self.isReady = isReady
        self.lastError = lastError
        self.kernel = kernel
        self.hardwareGenerator = hardwareGenerator
    }
}
