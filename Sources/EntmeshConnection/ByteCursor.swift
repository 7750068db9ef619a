// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// Reads big-endian fields off a payload without ever reading past its end.
struct ByteCursor {
    /// How far it has read.
    private(set) var offset = 0

    mutating func uint8(_ bytes: RawSpan) -> UInt8? {
        guard offset < bytes.byteCount else { return nil }
        defer { offset += 1 }
        return bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    mutating func uint16(_ bytes: RawSpan) -> UInt16? {
        guard let high = uint8(bytes), let low = uint8(bytes) else { return nil }
        return UInt16(high) << 8 | UInt16(low)
    }

    mutating func uint32(_ bytes: RawSpan) -> UInt32? {
        guard let high = uint16(bytes), let low = uint16(bytes) else { return nil }
        return UInt32(high) << 16 | UInt32(low)
    }

    /// A byte that must be 0 or 1.
    mutating func flag(_ bytes: RawSpan) -> Bool? {
        switch uint8(bytes) {
        case 0: false
        case 1: true
        default: nil
        }
    }

    /// A length byte and that many bytes of printable ASCII.
    mutating func text(_ bytes: RawSpan) -> PrintableText? {
        guard let count = uint8(bytes) else { return nil }
        var text = PrintableText()
        for _ in 0..<count {
            guard let byte = uint8(bytes), text.append(byte) else { return nil }
        }
        return text
    }

    /// Whether everything was read: bytes that trail a payload are an error.
    func isAtEnd(_ bytes: RawSpan) -> Bool { offset == bytes.byteCount }
}
