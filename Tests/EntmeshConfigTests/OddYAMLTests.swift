// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConfig
import Testing

/// YAML that nobody means to write in this file.
@Suite struct OddYAMLTests {
    @Test(arguments: [
        ("tank: {", "2:1: did not find expected node content"),
        ("tank: {size: 1 MiB", "2:1: did not find expected ',' or '}'"),
        ("tank: [1, 2", "2:1: did not find expected ',' or ']'"),
        ("tank: \"4 KiB", "2:1: found unexpected end of stream"),
        ("tank: size: 4 KiB", "1:11: mapping values are not allowed in this context"),
        ("tank:\n\tsize: 4 KiB", "2:1: found character that cannot start any token"),
        ("tank: @", "1:7: found character that cannot start any token"),
        ("tank: `a`", "1:7: found character that cannot start any token"),
        ("tank: {}\n size: 1", "2:2: did not find expected key"),
        ("tank: \"\\q\"", "1:8: found unknown escape character"),
        ("%YAML 2.0\n---\ntank:", "1:1: found incompatible YAML document"),
        ("- a\nb: c", "2:1: did not find expected '-' indicator"),
    ])
    func whatIsNoYAMLIsRefusedWhereItStopsBeingSo(yaml: String, problem: String) {
        #expect(refusal(of: yaml + "\n") == "host.yaml:\(problem)")
    }

    @Test(arguments: [
        ("tank:\n---\nlog:\n", "2:1"), ("--- {}\n--- {}\n", "2:1"), ("a\n...\n# c\n---\nb", "4:1"),
    ])
    func aSecondDocumentIsRefused(yaml: String, place: String) {
        #expect(
            refusal(of: yaml)
                == "host.yaml:\(place): another document begins; there can be one only")
    }

    @Test(arguments: [
        "tank:\n  size: 8 KiB\n", "{tank: {size: 8 KiB}}", "{\"tank\":{\"size\":\"8 KiB\"}}",
        "---\ntank: {size: 8 KiB}\n...\n", "%YAML 1.1\n---\ntank: {size: 8 KiB}",
        "? tank\n: ? size\n  : 8 KiB\n", "tank:\r\n  size: 8 KiB\r\n", "tank:\n size: !!str 8 KiB",
        "\u{FEFF}tank: {size: 8 KiB}", "tank:\n  size: >-\n    8\n    KiB\n",
        "tank: # a\n  # b\n  size: 8 KiB # c\n", "!!map {tank: {size: 8 KiB}}",
        "tank: {size: 8192,}",
    ])
    func oneThingCanBeSaidInManyWays(yaml: String) throws {
        var wanted = HostSettings()
        wanted.tank.byteCount = 8192
        #expect(try settings(yaml) == wanted)
    }

    @Test(arguments: [
        ("\u{0}", "1:1"), ("\u{0}\u{0}\u{0}\u{0}", "1:1"), ("tank: {}\n# \u{1B}[31m\n", "2:3"),
        ("log:\n  level: \"\u{7F}\"\n", "2:11"), ("a\u{9B}", "1:2"), ("é👩‍👩‍👧: \u{8}", "1:9"),
        ("tank: \u{FFFF}", "1:7"), ("a: b\r\nc: \u{1}", "2:4"),
    ])
    func controlCharactersAreRefusedWhereTheyAre(yaml: String, place: String) {
        #expect(refusal(of: yaml) == "host.yaml:\(place): control characters are not allowed")
    }

    @Test(arguments: [
        "\u{1B}", "\u{0}", "\u{202E}", "\n\n", "\u{85}", "\u{2028}", "\u{FEFF}", "\u{E000}",
    ])
    func noRefusalRepeatsWhatActsOnATerminal(text: String) {
        let places = [
            "\(text): a", "log: {level: \"a\(text)b\"}", "tank: {size: '\(text)'}",
            "\"x\(text)\": 1\n\"x\(text)\": 2", "control: {group: \"\(text)\"}", "a: !\(text) b",
            "guests: {overrides: [{uuid: \"\(text)\"}]}", "%\(text)\n---\n",
        ]
        for yaml in places {
            let said = refusal(of: yaml) ?? ""
            #expect(
                said.unicodeScalars.allSatisfy {
                    $0.properties.generalCategory != .control && !text.unicodeScalars.contains($0)
                })
        }
    }
}
