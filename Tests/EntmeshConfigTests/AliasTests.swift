// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConfig
import Testing

/// Anchors and aliases, which make a small file endless, and what only looks like them.
@Suite struct AliasTests {
    private static let problem = """
        anchors and aliases are not used here; put quotation marks around a text that begins with \
        '*' or '&'
        """

    @Test(arguments: [
        ("tank: &t {size: 1 MiB}", "1:7"), ("&r\ntank: {}", "1:1"), ("&key tank: {}", "1:1"),
        ("tank: {size: &s 1 MiB}", "1:14"), ("log: &nothing\n", "1:6"),
        ("tank: !!map &t {}", "1:7"), ("log: {level: &\n", "1:14"),
        ("sources:\n  use: [{kind: tpm}, &x {kind: egd}]", "2:22"),
    ])
    func anAnchorIsRefused(yaml: String, place: String) {
        #expect(refusal(of: yaml) == "host.yaml:\(place): \(Self.problem)")
    }

    @Test(arguments: [
        ("tank: *t", "1:7"), ("*", "1:1"), ("- *a", "1:3"), ("*k : {}", "1:1"),
        ("tank: [*t]", "1:8"), ("# a\n\ntank: {size: *é}", "3:14"),
        ("tank: &t {}\nlog: *t", "2:6"), ("tank: &t {}\r\nlog: *t\r\n", "2:6"),
        ("a: [\"b # c\", &x [1], *x]", "1:22"), ("a: &x [\n  *x ]", "2:3"),
        ("? &x [a]\n: *x", "2:3"), ("a: &a-_1 b\nc: *a-_1", "2:4"),
        ("\u{1F600}: &x 1\n\u{1F600}é: *x\n", "2:5"),
    ])
    func anAliasIsRefused(yaml: String, place: String) {
        #expect(refusal(of: yaml) == "host.yaml:\(place): \(Self.problem)")
    }

    @Test(arguments: ["*", "*.example.com", "*-web", "*web*", "&web", "* "])
    func aPatternWithoutItsQuotationMarksIsAnsweredWithThem(pattern: String) {
        #expect(
            refusal(of: "guests:\n  overrides:\n    - name: \(pattern)\n      feed: off\n")
                == "host.yaml:3:13: \(Self.problem)")
    }

    @Test(arguments: [
        "\"*\"", "'*'", "build-*", "a*b*c", "\"*a\"", "'&a'", "\"web *\"", "'web, *'", "R&D",
        "a & b", "a * b", "'[*a]'", "\"- *a\"", "web # *a and &b", "web # - * see *a", "2*3",
        "a\t# *b", "|-\n        *a", ">-\n        &a",
    ])
    func whatOnlyLooksLikeOneIsFine(name: String) throws {
        let yaml = "guests:\n  overrides:\n    - name: \(name)\n"
        #expect(try settings(yaml).guests.overrides.count == 1)
    }

    @Test(.timeLimit(.minutes(1)))
    func aSmallFileThatWouldBeEndlessIsRefusedAtOnce() {
        var yaml = "a: &a0 [lol, lol, lol, lol, lol, lol, lol, lol]\n"
        for level in 1...60 {
            let aliases = Array(repeating: "*a\(level - 1)", count: 8).joined(separator: ", ")
            yaml += "b\(level): &a\(level) [\(aliases)]\n"
        }
        #expect(refusal(of: yaml) == "host.yaml:2:10: \(Self.problem)")
        #expect(refusal(of: yaml + "? *a60\n: b\n") == "host.yaml:2:10: \(Self.problem)")
    }
}
