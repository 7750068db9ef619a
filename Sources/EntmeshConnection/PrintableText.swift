// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// A short string from a peer: printable ASCII, at most 64 bytes, so nothing in it can act on a
/// terminal, a log or a page.
public struct PrintableText: Equatable, Sendable {
    private var bytes = InlineArray<64, UInt8>(repeating: 0)

    /// Its length in bytes.
    public private(set) var count = 0

    public init() {}

    /// The text of a literal; anything that is not printable ASCII, or does not fit, is left out.
    public init(_ literal: StaticString) {
        literal.withUTF8Buffer { buffer in
            for byte in buffer {
                _ = append(byte)
            }
        }
    }

    /// Adds one byte; returns false, and adds nothing, if it is not printable or does not fit.
    public mutating func append(_ byte: UInt8) -> Bool {
        guard (0x20...0x7E).contains(byte), count < Wire.longestText else { return false }
        bytes[count] = byte
        count += 1
        return true
    }

    /// The byte at `index`, which must be below `count`.
    public subscript(index: Int) -> UInt8 { bytes[index] }

    public static func == (left: PrintableText, right: PrintableText) -> Bool {
        guard left.count == right.count else { return false }
        for index in 0..<left.count where left.bytes[index] != right.bytes[index] {
            return false
        }
        return true
    }
}

extension PrintableText: CustomStringConvertible {
    public var description: String {
        var text = ""
        for index in 0..<count {
            text.unicodeScalars.append(Unicode.Scalar(bytes[index]))
        }
        return text
    }
}
