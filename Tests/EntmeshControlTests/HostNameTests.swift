// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshControl
import Testing

/// What a host may be called.
@Suite struct HostNameTests {
    @Test(arguments: [
        "web1", "a", "7up", "web-1.example.org", "1.example", "xn--bcher-kva.example", "x.1a",
        String(repeating: "a", count: 63), String(repeating: "a", count: 61) + ".bc",
    ])
    func aNameInLowerCaseIsOne(_ name: String) {
        #expect(HostName.problem(with: name) == nil)
    }

    @Test(arguments: [
        ("", "is empty"),
        (String(repeating: "a", count: 62) + ".bc", "has more than 64 characters"),
        (String(repeating: "a", count: 64), "has more than 63 characters without a dot"),
        ("Web1", "must be in lower case: web1"),
        ("web_1", "may hold only letters a to z, digits, hyphens and dots"),
        ("*.example", "may hold only letters a to z, digits, hyphens and dots"),
        ("../ca", "may hold only letters a to z, digits, hyphens and dots"),
        ("wéb", "may hold only letters a to z, digits, hyphens and dots"),
        ("web 1", "may hold only letters a to z, digits, hyphens and dots"),
        ("web\0", "may hold only letters a to z, digits, hyphens and dots"),
        (".web", "must not begin or end with a dot, nor hold two in a row"),
        ("web.", "must not begin or end with a dot, nor hold two in a row"),
        ("web..1", "must not begin or end with a dot, nor hold two in a row"),
        (".", "must not begin or end with a dot, nor hold two in a row"),
        ("-web", "must not have a hyphen next to a dot or at an end"),
        ("web-.a", "must not have a hyphen next to a dot or at an end"),
        ("10.0.0.1", "is an address or a number, not a name"),
        ("12", "is an address or a number, not a name"),
    ])
    func anythingElseIsRefusedWithTheReason(_ name: String, _ problem: String) {
        #expect(HostName.problem(with: name) == problem)
    }
}
