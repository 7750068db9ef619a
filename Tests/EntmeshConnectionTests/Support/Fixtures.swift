// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import EntmeshNode

extension Moment {
    /// When the tests' clock starts.
    static let start = Moment(nanoseconds: 1_000_000_000_000)
}

extension TimeSpan {
    static let tick = TimeSpan(nanoseconds: 1)
    static let lessATick = TimeSpan(nanoseconds: -1)
}

extension FillLevel {
    /// A level the test knows to be in range.
    static func of(_ percent: UInt8) -> FillLevel {
        FillLevel(percent: percent) ?? .full
    }
}

extension Hello {
    /// A guest's kernel pool: takes and credits, gives nothing.
    static let guest = Hello(
        kind: .pool, capacity: 32, sends: false, accepts: .credit, isReady: false,
        occasion: .start, agentVersion: PrintableText("guest 1"))
    /// A host toward its guests: gives, takes nothing.
    static let host = Hello(
        kind: .buffer, capacity: 1 << 20, sends: true, accepts: .refuse, isReady: true,
        occasion: .start, agentVersion: PrintableText("host 1"))
    /// A host toward another: gives and takes.
    static let buffer = Hello(
        kind: .buffer, capacity: 1 << 20, sends: true, accepts: .credit, isReady: true,
        occasion: .start, agentVersion: PrintableText("host 1"))

    /// The same, but for what `change` changes.
    func with(_ change: (inout Hello) -> Void) -> Hello {
        var hello = self
        change(&hello)
        return hello
    }
}

extension PoolStatus {
    static let example = PoolStatus(
        availableBits: 256, poolBits: 256, isReady: true, lastError: 0,
        kernel: PrintableText("6.1.0-18-amd64"),
        hardwareGenerator: PrintableText("virtio_rng.0"))
}

extension Entropy {
    /// `bytes` at full entropy, or at `bits`.
    init(_ bytes: [UInt8], bits: Int? = nil) {
        self.init(
            copying: bytes.span.bytes, minEntropy: MinEntropy(bits: bits ?? 8 * bytes.count))
    }

    /// `byteCount` bytes of the same value at full entropy.
    init(_ byteCount: Int, of byte: UInt8) {
        self.init([UInt8](repeating: byte, count: byteCount))
    }
}

extension WireBuffer {
    /// Drains everything and shows it.
    mutating func drainAll() -> [UInt8] {
        var all: [UInt8] = []
        drain { waiting in
            all = Array(waiting)
            return waiting.count
        }
        return all
    }
}

/// A frame by its parts, as a hostile peer might put it together.
func frame(_ type: UInt8, _ payload: [UInt8], version: UInt8 = 1) -> [UInt8] {
    [0x45, 0x4D, version, type, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF), 0, 0]
        + payload
}
