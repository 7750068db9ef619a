// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshSources

/// A noise source that costs next to nothing: a counter that is mixed (SplitMix64, Steele and others
/// 2014), eight samples a step.
struct MemorySource: NoiseSource, ~Copyable {
    let name = "memory"
    let kind = NoiseSourceKind.characterDevice
    private var counter: UInt64

    init(seed: UInt64) {
        counter = seed
    }

    mutating func read(
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(NoiseSourceError) -> Int {
        let words = buffer.count / 8
        for index in 0..<words { buffer.storeBytes(of: next(), toByteOffset: 8 * index, as: UInt64.self) }
        for index in 8 * words..<buffer.count { buffer[index] = UInt8(truncatingIfNeeded: next()) }
        return buffer.count
    }

    mutating func close() {}

    private mutating func next() -> UInt64 {
        counter &+= 0x9E37_79B9_7F4A_7C15
        var word = counter
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }
}
