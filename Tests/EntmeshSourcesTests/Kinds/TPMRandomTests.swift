// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshCoreTestSupport
import Testing

@testable import EntmeshSources

/// F8: what a TPM answers, byte by byte.
@Suite struct TPMRandomTests {
    private static let random: [UInt8] = [0xDE, 0xAD, 0xBE, 0xEF]
    private static let good = FakeTPM.response(random)

    private static func parse(_ response: [UInt8], wanted: Int = 4) -> TPMRandom.Response {
        response.withUnsafeBytes { TPMRandom.parse($0, wanted: wanted) }
    }

    /// A good response with some of its bytes replaced.
    private static func good(_ changes: [Int: UInt8]) -> [UInt8] {
        var bytes = good
        for (index, byte) in changes { bytes[index] = byte }
        return bytes
    }

    @Test func aCommandIsWhatTheStandardSays() {
        #expect(
            TPMRandom.command(count: 64)
                == [0x80, 0x01, 0, 0, 0, 12, 0, 0, 0x01, 0x7B, 0, 64])
        #expect(TPMRandom.command(count: 0x1234).suffix(2) == [0x12, 0x34])
        #expect(TPMRandom.command(count: 1).count == TPMRandom.commandByteCount)
    }

    @Test func aGoodResponseSaysWhereItsBytesAre() {
        #expect(
            Self.good
                == [0x80, 1, 0, 0, 0, 16, 0, 0, 0, 0, 0, 4, 0xDE, 0xAD, 0xBE, 0xEF])
        #expect(Self.parse(Self.good) == .bytes(12..<16))
        let longest = FakeTPM.response([UInt8](repeating: 9, count: TPMRandom.longestAnswer))
        #expect(longest.count == TPMRandom.longestResponse)
        #expect(Self.parse(longest, wanted: 64) == .bytes(12..<76))
    }

    @Test func fewerBytesThanWereAskedForAreGoodAndMoreAreNot() {
        #expect(Self.parse(Self.good, wanted: 64) == .bytes(12..<16))
        #expect(
            Self.parse(Self.good, wanted: 3)
                == .malformed("4 random bytes where 3 were asked for"))
        #expect(
            Self.parse(FakeTPM.response([]))
                == .malformed("0 random bytes where 4 were asked for"))
    }

    /// Nobody asks for nothing; still no answer to it may trap.
    @Test(arguments: [0, -1, .min])
    func whoAsksForNothingGetsNothing(wanted: Int) {
        #expect(
            Self.parse(Self.good, wanted: wanted)
                == .malformed("4 random bytes where \(wanted) were asked for"))
    }

    @Test(arguments: 0..<10)
    func lessThanAHeaderIsMalformed(count: Int) {
        #expect(
            Self.parse(Array(Self.good[..<count])) == .malformed("\(count) bytes are no header"))
    }

    @Test func everyTruncationAndEveryTrailingByteIsMalformed() {
        for count in Self.good.indices {
            guard case .malformed = Self.parse(Array(Self.good[..<count])) else {
                Issue.record("\(count) bytes were taken for a response")
                continue
            }
        }
        #expect(Self.parse(Self.good + [0]) == .malformed("it says 16 bytes and has 17"))
    }

    /// As above, with a header that knows of it.
    @Test func everyTruncationThatAdmitsItIsMalformed() {
        for count in 10..<Self.good.count {
            guard case .malformed = Self.parse(Array(Self.good([5: UInt8(count)])[..<count])) else {
                Issue.record("\(count) bytes were taken for a response")
                continue
            }
        }
    }

    /// What is changed in a good response, and what is said of it.
    static let lies: [([Int: UInt8], String)] = [
        ([5: 15], "it says 15 bytes and has 16"), ([5: 17], "it says 17 bytes and has 16"),
        ([2: 0xFF, 3: 0xFF, 4: 0xFF, 5: 0xFF], "it says 4294967295 bytes and has 16"),
        ([1: 0x02], "its tag is another"), ([0: 0x00, 1: 0xC4], "its tag is another"),
        ([11: 3], "it says 3 random bytes and has 4"),
        ([11: 5], "it says 5 random bytes and has 4"),
        ([10: 1], "it says 260 random bytes and has 4"),
        ([10: 0xFF, 11: 0xFF], "it says 65535 random bytes and has 4"),
    ]

    @Test(arguments: lies)
    func aResponseThatLiesIsMalformed(changes: [Int: UInt8], reason: String) {
        #expect(Self.parse(Self.good(changes)) == .malformed(reason))
    }

    @Test func aResponseWithoutASizeIsMalformed() {
        #expect(Self.parse(FakeTPM.response(code: 0)) == .malformed("it has no size"))
        #expect(
            Self.parse([0x80, 1, 0, 0, 0, 11, 0, 0, 0, 0, 0]) == .malformed("it has no size"))
    }

    @Test(arguments: [0x908, 0x909, 0x90A, 0x922] as [UInt32])
    func aPassingCodeAsksForAnotherTry(code: UInt32) {
        #expect(Self.parse(FakeTPM.response(code: code)) == .retry(code))
    }

    @Test(arguments: [1, 0x100, 0x101, 0x907, 0x90B, 0x921, 0x923, .max] as [UInt32])
    func anyOtherCodeIsARefusal(code: UInt32) {
        #expect(Self.parse(FakeTPM.response(code: code)) == .refused(code))
    }

    /// A TPM that does not know the command's tag answers with the one of TPM 1.2.
    @Test func aRefusalMayHaveTheTagOfTheOlderTPM() {
        var response = FakeTPM.response(code: 0x1E)
        response.replaceSubrange(0..<2, with: [0x00, 0xC4])
        #expect(Self.parse(response) == .refused(0x1E))
    }
}
