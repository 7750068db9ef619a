// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import Foundation
import Testing

@testable import EntmeshLibvirt

@Suite("A domain's UUID")
struct DomainUUIDTests {
    private let text = "00112233-4455-6677-8899-aabbccddeeff"

    @Test("is the same in bytes and in text")
    func roundTrips() throws {
        let bytes = (0..<16).map { UInt8($0 * 0x11) }
        let uuid = try #require(DomainUUID(bytes: bytes))
        #expect(uuid.description == text)
        #expect(uuid.bytes == bytes)
        #expect(DomainUUID(text) == uuid)
        #expect(DomainUUID(text.uppercased()) == uuid)
    }

    @Test(
        "is refused in any other form",
        arguments: [
            "", "00112233", "00112233445566778899aabbccddeeff",
            "00112233-4455-6677-8899-aabbccddeef", "00112233-4455-6677-8899-aabbccddeeff0",
            "0011223-34455-6677-8899-aabbccddeeff", "g0112233-4455-6677-8899-aabbccddeeff",
            " 0112233-4455-6677-8899-aabbccddeeff", "00112233-4455-6677-8899-aabbccddee\u{e9}",
            "{0112233-4455-6677-8899-aabbccddeef}",
        ])
    func refusesOtherForms(text: String) {
        #expect(DomainUUID(text) == nil)
    }

    @Test("has exactly sixteen bytes", arguments: [0, 15, 17])
    func refusesOtherSizes(count: Int) {
        #expect(DomainUUID(bytes: [UInt8](repeating: 1, count: count)) == nil)
    }

    @Test("is text in JSON")
    func codes() throws {
        let uuid = try #require(DomainUUID(text))
        let json = try JSONEncoder().encode([uuid])
        #expect(String(decoding: json, as: UTF8.self) == "[\"\(text)\"]")
        #expect(try JSONDecoder().decode([DomainUUID].self, from: json) == [uuid])
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([DomainUUID].self, from: Data("[\"x\"]".utf8))
        }
    }

    @Test("sorts as its text does")
    func sorts() throws {
        let texts = [
            "ffffffff-0000-0000-0000-000000000000", "00000000-0000-0000-ffff-000000000000",
            "00000000-0000-0001-0000-000000000000", text,
        ]
        let sorted = texts.compactMap { DomainUUID($0) }.sorted().map(\.description)
        #expect(sorted == texts.sorted())
    }
}
