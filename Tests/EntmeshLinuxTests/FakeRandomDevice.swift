// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshLinux

/// A kernel's random.c to play with: either era, any failure.
final class FakeKernel {
    /// 256 for a modern kernel, 4096 for an old one, nil when /proc cannot be read.
    var poolBits: Int?
    var isReady: Bool
    var count: Int
    var addError: Errno?
    var reseedError: Errno?
    /// Whether RNDRESEEDCRNG takes from the pool: since 5.11.
    var reseedTakes = true
    /// What was asked for: bytes added with their credit, and reseeds.
    private(set) var added: [(bytes: [UInt8], bits: Int)] = []
    private(set) var reseeds = 0

    init(poolBits: Int?, isReady: Bool, count: Int) {
        self.poolBits = poolBits
        self.isReady = isReady
        self.count = count
    }

    static func modern(isReady: Bool = true) -> FakeKernel {
        FakeKernel(poolBits: 256, isReady: isReady, count: isReady ? 256 : 7)
    }

    static func old(isReady: Bool = true, count: Int = 1000) -> FakeKernel {
        FakeKernel(poolBits: 4096, isReady: isReady, count: isReady ? count : 0)
    }

    var isModern: Bool { (poolBits ?? 256) == 256 }

    func add(_ bytes: UnsafeRawBufferPointer, bits: Int) throws(Errno) {
        if let addError { throw addError }
        added.append((Array(bytes), bits))
        // The old credit is asymptotic: three quarters of the room that is left.
        count = isModern ? min(256, count + bits) : count + bits * 3 * (4096 - count) / 4 / 4096
        isReady = isReady || count >= (isModern ? 256 : 128)
    }

    func reseed() throws(Errno) {
        if let reseedError { throw reseedError }
        guard isReady else { throw .noData }
        reseeds += 1
        if !isModern, reseedTakes, count >= 128 {
            count -= min(256, count)
        }
    }
}

/// The door to a FakeKernel.
struct FakeRandomDevice: RandomDevice {
    let kernel: FakeKernel

    var poolBits: Int? { kernel.poolBits }
    var isReady: Bool { kernel.isReady }

    func count() throws(Errno) -> Int { kernel.count }

    func add(_ bytes: UnsafeRawBufferPointer, bits: Int) throws(Errno) {
        try kernel.add(bytes, bits: bits)
    }

    func reseed() throws(Errno) {
        try kernel.reseed()
    }
}
