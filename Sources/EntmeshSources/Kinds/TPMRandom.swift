// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// TPM2_GetRandom as bytes (TPM 2.0 Library, part 3, section 16.1; part 1, section 18: big endian).
package enum TPMRandom {
    /// The size of a command, in bytes: tag, size, command code, bytes wanted.
    package static let commandByteCount = 12
    /// The most a TPM gives at once: its longest digest, SHA-512's.
    package static let longestAnswer = 64
    /// The longest response: header, a size, and that many bytes.
    package static let longestResponse = headerByteCount + 2 + longestAnswer

    private static let headerByteCount = 10
    private static let noSessions: UInt16 = 0x8001
    private static let getRandom: UInt32 = 0x0000_017B

    /// What a response says.
    package enum Response: Equatable {
        /// Random bytes: where they are in the response.
        case bytes(Range<Int>)
        /// The TPM would do it at another time: its code.
        case retry(UInt32)
        /// The TPM was reset and not started since, or failed: its code.
        case refused(UInt32)
        /// It is no response to what was asked: what is wrong with it.
        case malformed(String)
    }

    /// The command that asks for `count` bytes.
    package static func command(count: UInt16) -> [UInt8] {
        let words: [UInt8] = bigEndian(noSessions) + bigEndian(UInt32(commandByteCount))
        return words + bigEndian(getRandom) + bigEndian(count)
    }

    /// Reads a response to a command that asked for `wanted` bytes.
    package static func parse(_ response: UnsafeRawBufferPointer, wanted: Int) -> Response {
        guard response.count >= headerByteCount else {
            return .malformed("\(response.count) bytes are no header")
        }
        let size = number(response[2..<6])
        guard size == response.count else {
            return .malformed("it says \(size) bytes and has \(response.count)")
        }
        let code = UInt32(number(response[6..<10]))
        guard code == 0 else { return isPassing(code) ? .retry(code) : .refused(code) }
        guard UInt16(number(response[0..<2])) == noSessions else {
            return .malformed("its tag is another")
        }
        guard response.count >= headerByteCount + 2 else { return .malformed("it has no size") }
        let count = number(response[10..<12])
        let start = headerByteCount + 2
        guard count == response.count - start else {
            return .malformed("it says \(count) random bytes and has \(response.count - start)")
        }
        guard count > 0, count <= wanted else {
            return .malformed("\(count) random bytes where \(wanted) were asked for")
        }
        return .bytes(start..<start + count)
    }

    /// TPM_RC_YIELDED, CANCELED, TESTING and RETRY (part 2, section 6.6.3): nothing is wrong.
    private static func isPassing(_ code: UInt32) -> Bool {
        [0x908, 0x909, 0x90A, 0x922].contains(code)
    }

    private static func number(_ bytes: Slice<UnsafeRawBufferPointer>) -> Int {
        bytes.reduce(0) { $0 << 8 | Int($1) }
    }

    private static func bigEndian(_ number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }
}
