// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

package import EntmeshLinux

/// A kernel's random.c to play with: either era, any failure.
package final class FakeKernel {
    /// 256 for a modern kernel, 4096 for an old one, nil when /proc cannot be read.
    package var poolBits: Int?
    package var isReady: Bool
    package var count: Int
    package var addError: Errno?
    package var reseedError: Errno?
    /// Whether RNDRESEEDCRNG takes from the pool: since 5.11.
    package var reseedTakes = true
    /// What was asked for: bytes added with their credit, and reseeds.
    package private(set) var added: [(bytes: [UInt8], bits: Int)] = []
    package private(set) var reseeds = 0
    /// What was drawn from its generator.
    package private(set) var drawn: [[UInt8]] = []

    package init(poolBits: Int?, isReady: Bool, count: Int) {
        self.poolBits = poolBits
        self.isReady = isReady
        self.count = count
    }

    package static func modern(isReady: Bool = true) -> FakeKernel {
        FakeKernel(poolBits: 256, isReady: isReady, count: isReady ? 256 : 7)
    }

    package static func old(isReady: Bool = true, count: Int = 1000) -> FakeKernel {
        FakeKernel(poolBits: 4096, isReady: isReady, count: isReady ? count : 0)
    }

    package var isModern: Bool { (poolBits ?? 256) == 256 }

    package func add(_ bytes: UnsafeRawBufferPointer, bits: Int) throws(Errno) {
        if let addError { throw addError }
        added.append((Array(bytes), bits))
        // The old credit is asymptotic: three quarters of the room that is left.
        count = isModern ? min(256, count + bits) : count + bits * 3 * (4096 - count) / 4 / 4096
        isReady = isReady || count >= (isModern ? 256 : 128)
    }

    /// Every byte of a draw is its number: the first 255 draws differ.
    package func draw(into out: UnsafeMutableRawBufferPointer) throws(Errno) {
        guard isReady else { throw .wouldBlock }
        for index in 0..<out.count {
            out[index] = UInt8(truncatingIfNeeded: drawn.count + 1)
        }
        drawn.append(Array(out))
    }

    package func reseed() throws(Errno) {
        if let reseedError { throw reseedError }
        guard isReady else { throw .noData }
        reseeds += 1
        if !isModern, reseedTakes, count >= 128 {
            count -= min(256, count)
        }
    }
}

/// The door to a FakeKernel.
package struct FakeRandomDevice: RandomDevice {
    private let kernel: FakeKernel

    package init(kernel: FakeKernel) {
        self.kernel = kernel
    }

    package var poolBits: Int? { kernel.poolBits }
    package var isReady: Bool { kernel.isReady }

    package func draw(into out: UnsafeMutableRawBufferPointer) throws(Errno) {
        try kernel.draw(into: out)
    }

    package func count() throws(Errno) -> Int { kernel.count }

    package func add(_ bytes: UnsafeRawBufferPointer, bits: Int) throws(Errno) {
        try kernel.add(bytes, bits: bits)
    }

    package func reseed() throws(Errno) {
        try kernel.reseed()
    }
}
