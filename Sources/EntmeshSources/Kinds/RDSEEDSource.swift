// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CEntmeshSources

/// The processor's own noise source, by the RDSEED instruction (Intel SDM volume 2B, RDSEED).
///
/// Only the 64-bit form: the shorter ones return 0 and success on some processors (CVE-2025-68313).
/// RDRAND, which is a generator that is seeded from time to time, never takes its place.
public struct RDSEEDSource: NoiseSource, ~Copyable {
    /// How often the instruction may have nothing before a read gives up; many threads draining it
    /// at once make it come back empty handed often.
    static let attempts = 1000

    public let name: String
    public let kind = NoiseSourceKind.rdseed

    private let isSupported: Bool
    private let draw: @Sendable () -> UInt64?

    /// A source that draws from this machine's processor.
    public init(name: String = "rdseed") {
        self.init(name: name, isSupported: Self.isSupported, draw: Self.draw)
    }

    init(name: String, isSupported: Bool, draw: @escaping @Sendable () -> UInt64?) {
        self.name = name
        self.isSupported = isSupported
        self.draw = draw
    }

    /// Whether this processor has the instruction (CPUID leaf 7, EBX bit 18).
    public static var isSupported: Bool { entmesh_rdseed_is_supported() != 0 }

    public mutating func read(
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(NoiseSourceError) -> Int {
        guard isSupported else { throw .unsupported(reason: "this processor has no RDSEED") }
        var count = 0
        while count < buffer.count {
            guard var word = next() else {
                if count > 0 { return count }
                throw .busy(
                    device: "RDSEED", reason: "it had nothing \(Self.attempts) times in a row")
            }
            let piece = min(8, buffer.count - count)
            withUnsafeBytes(of: &word) { bytes in
                UnsafeMutableRawBufferPointer(rebasing: buffer[count..<count + piece])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<piece]))
            }
            count += piece
        }
        return count
    }

    public mutating func close() {}

    // All zeros and all ones are what a broken unit answers, with success; a working one gives
    // either once in 2^63 draws.
    private func next() -> UInt64? {
        for _ in 0..<Self.attempts {
            if let word = draw(), word != 0, word != .max { return word }
        }
        return nil
    }

    private static func draw() -> UInt64? {
        var word: UInt64 = 0
        return entmesh_rdseed(&word) != 0 ? word : nil
    }
}
