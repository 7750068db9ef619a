// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import Foundation
import Testing

@testable import EntmeshControl

/// A request to reseed: one domain or all, and nothing that could be meant as either.
struct ReseedRequestTests {
    private func decoded(_ text: String) throws -> ReseedRequest {
        try JSONDecoder().decode(ReseedRequest.self, from: Data(text.utf8))
    }

    @Test func itNamesADomainOrAll() throws {
        #expect(try decoded(#"{"domain":"web1"}"#) == .domain("web1"))
        #expect(try decoded(#"{"all":true}"#) == .all)
    }

    @Test(arguments: [
        "", "{", "{}", "null", "true", "7", "[]", #""web1""#, #"{"domian":"web1"}"#,
        #"{"Domain":"web1"}"#, #"{"domain":null}"#, #"{"domain":7}"#, #"{"domain":["web1"]}"#,
        #"{"all":false}"#, #"{"all":null}"#, #"{"all":"true"}"#, #"{"ALL":true}"#,
        #"{"domain":"web1","all":true}"#, #"{"domain":"web1","all":false}"#,
    ])
    func anythingElseIsAnError(_ text: String) {
        #expect(throws: DecodingError.self) { try decoded(text) }
    }

    @Test(arguments: [ReseedRequest.all, .domain("web1"), .domain(""), .domain("\u{1B}\"\n漢")])
    func whatIsSaidIsUnderstood(_ request: ReseedRequest) throws {
        let data = try JSONEncoder().encode(request)
        #expect(try JSONDecoder().decode(ReseedRequest.self, from: data) == request)
    }

    @Test func aKeyIsANameAndNoNumber() {
        #expect(ReseedRequest.Key(intValue: 0) == nil)
    }
}
