// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// What a KernelPool needs of the kernel: random(4) and getrandom(2), and nothing that blocks.
///
/// A protocol, so that the eras and failures of kernels we do not run can be played in tests.
public protocol RandomDevice: ~Copyable {
    /// /proc/sys/kernel/random/poolsize in bits; nil when it cannot be read.
    var poolBits: Int? { get }

    /// Whether getrandom(2) would not block.
    var isReady: Bool { get }

    /// getrandom(2) with GRND_NONBLOCK: fills `out`, at most 256 bytes, or throws.
    func draw(into out: UnsafeMutableRawBufferPointer) throws(Errno)

    /// RNDGETENTCNT: the estimate in bits.
    mutating func count() throws(Errno) -> Int

    /// RNDADDENTROPY: adds `bytes` and credits `bits`, at most eight a byte.
    mutating func add(_ bytes: UnsafeRawBufferPointer, bits: Int) throws(Errno)

    /// RNDRESEEDCRNG: reseeds the generator from the pool.
    mutating func reseed() throws(Errno)
}
