// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConfig
import Testing

/// Patterns of names: `*` for any characters, `?` for one.
@Suite struct GuestMatchTests {
    private func covers(_ pattern: String, _ name: String) -> Bool {
        var off = GuestRules.Override(match: .name(pattern: pattern))
        off.isFed = false
        var rules = GuestRules()
        rules.overrides = [off]
        return !rules.settings(name: name, uuid: "").isFed
    }

    @Test(arguments: [
        ("web1", "web1"), ("*", ""), ("*", "web1"), ("**", "web1"), ("***", ""), ("web*", "web"),
        ("web*", "web1"), ("*1", "web1"), ("*1", "1"), ("w*1", "web1"), ("w*b*1", "web1"),
        ("*e*", "web1"), ("web?", "web1"), ("????", "web1"), ("?*", "w"), ("*?", "web1"),
        ("?*?", "we"), ("*a*a*", "banana"), ("*ana", "banana"), ("b*na", "banana"),
        ("*nan?", "banana"), ("*.example.com", "a.b.example.com"), ("a*b", "a*b"), ("a?b", "a?b"),
        ("?", "*"), ("?", "é"), ("?", "e\u{301}"), ("?", "👩‍👩‍👧"), ("日*", "日本"), ("[a-c]", "[a-c]"),
        ("a\\*", "a\\b"), ("R&D *", "R&D 7"),
    ])
    func whatAPatternCovers(pattern: String, name: String) {
        #expect(covers(pattern, name))
    }

    @Test(arguments: [
        ("web1", "web"), ("web1", "web11"), ("web1", "WEB1"), ("web", "web1"), ("eb1", "web1"),
        ("?", ""), ("?", "ab"), ("??", "a"), ("web*", "we"), ("web*", "a web"), ("*1", "web12"),
        ("*1", ""), ("w*1", "web"), ("w*b*1", "w1b"), ("*b*a", "ab"), ("?*?", "w"), ("*e*", "wb1"),
        ("a*b*c", "acb"), ("[a-c]", "b"), ("a\\*", "a*"), ("*aab", "aaaab "), ("", "a"),
    ])
    func whatAPatternDoesNotCover(pattern: String, name: String) {
        #expect(!covers(pattern, name))
    }

    @Test func anEmptyPatternCoversTheEmptyNameOnly() {
        #expect(covers("", ""))
        #expect(!covers("", "*"))
    }

    // Going back to every star takes longer than the sun will last.
    @Test(.timeLimit(.minutes(1)), arguments: ["*a", "a*", "*a?", "*?a", "**", "*aa"])
    func noPatternTakesLong(piece: String) {
        let pattern = String(repeating: piece, count: 255 / piece.count) + "b"
        let name = String(repeating: "a", count: 4096)
        #expect(!covers(pattern, name))
        #expect(covers(pattern, name + "b"))
    }

    @Test func aPatternOfTheFileIsUsedAsItIsWritten() throws {
        let yaml = """
            guests:
              overrides:
                - name: build-*
                  feed: off
                - name: "*.test"
                  feed: off
                - {name: 'R&D *', feed: off}
                - {name: a*b?, feed: off}
            """
        let rules = try settings(yaml).guests
        for name in ["build-", "build-7", "x.test", "R&D 1", "axxbx"] {
            #expect(!rules.settings(name: name, uuid: "").isFed)
        }
        for name in ["build", "test", "xtest", "R&D", "ab"] {
            #expect(rules.settings(name: name, uuid: "").isFed)
        }
    }
}
