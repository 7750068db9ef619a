// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// The identity of a domain: it survives rename, restart and migration; a CID and a name do not.
public struct DomainUUID: Sendable, Hashable {
    /// How many bytes a UUID has (RFC 9562, section 4).
    public static let byteCount = 16

    // Two words instead of an array: no allocation, and Hashable for nothing.
    private let high: UInt64
    private let low: UInt64

    /// A UUID from its bytes in network order; `nil` unless there are exactly 16.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        func word(_ part: some Collection<UInt8>) -> UInt64 {
            part.reduce(0) { $0 << 8 | UInt64($1) }
        }
        high = word(bytes.prefix(8))
        low = word(bytes.dropFirst(8))
    }

    /// The bytes in network order.
    public var bytes: [UInt8] {
        [high, low].flatMap { word in
            stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> $0) }
        }
    }
}

extension DomainUUID: LosslessStringConvertible {
    // Where the dashes stand in the text form.
    private static let dashes = [8, 13, 18, 23]

    /// A UUID from the 36 characters that `description` gives, in either case; `nil` for any other
    /// form.
    public init?(_ text: String) {
        let characters = Array(text.utf8)
        guard characters.count == 36 else { return nil }
        var digits: [UInt8] = []
        for (position, character) in characters.enumerated() {
            if Self.dashes.contains(position) {
                guard character == UInt8(ascii: "-") else { return nil }
            } else {
                guard let value = hexValue(character) else { return nil }
                digits.append(value)
            }
        }
        self.init(
            bytes: stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
        )
    }

    /// The usual text form: lower-case, in groups of 8, 4, 4, 4 and 12 digits.
    public var description: String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        for position in Self.dashes { text.insert(UInt8(ascii: "-"), at: position) }
        return String(decoding: text, as: UTF8.self)
    }
}

extension DomainUUID: Comparable {
    /// The order of the bytes, which is the order of the text.
    public static func < (left: DomainUUID, right: DomainUUID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

extension DomainUUID: Codable {
    /// Reads the text form.
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let uuid = DomainUUID(text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "This is not a UUID."))
        }
        self = uuid
    }

    /// Writes the text form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

private func hexValue(_ character: UInt8) -> UInt8? {
    switch character {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
    default: nil
    }
}
