// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConfig
import Testing

/// Flags, choices, texts, paths and numbers.
@Suite struct ValueTests {
    @Test(arguments: [
        ("on", true), ("yes", true), ("true", true), ("off", false), ("no", false),
        ("false", false), ("'on'", true), ("\"off\"", false),
    ])
    func aFlagIsOnOrOff(word: String, isOn: Bool) throws {
        let tank = try settings("tank: {allow-unlocked-memory: \(word)}").tank
        #expect(tank.allowsUnlockedMemory == isOn)
        #expect(try settings("sources: {required: \(word)}").sources.isRequired == isOn)
        #expect(try settings("guests: {feed: \(word)}").guests.defaults.isFed == isOn)
        #expect(try settings("listen: {vsock: \(word)}").listen.vsock == isOn)
        #expect(try settings("libvirt: {enabled: \(word)}").libvirt.isEnabled == isOn)
    }

    @Test(arguments: [
        ("ON", "'ON'"), ("True", "'True'"), ("1", "'1'"), ("y", "'y'"), ("enabled", "'enabled'"),
        ("''", "''"), ("~", "'~'"), ("[]", "this"), ("{}", "this"),
    ])
    func anyOtherWordIsNoFlag(word: String, shown: String) {
        #expect(
            refusal(of: "listen:\n  vsock: \(word)\n")
                == "host.yaml:2:10: \(shown) is neither on nor off")
    }

    @Test(arguments: [
        (
            "own-pool: {trust: refused}",
            "1:19: 'refused' is not one of refuse, mix, credit (did you mean 'refuse'?)"
        ),
        ("own-pool: {trust: maybe}", "1:19: 'maybe' is not one of refuse, mix, credit"),
        ("own-pool: {trust: }", "1:19: '' is not one of refuse, mix, credit"),
        ("guests: {trust: [mix]}", "1:17: this is not one of refuse, mix, credit"),
        (
            "log: {level: inof}",
            "1:14: 'inof' is not one of debug, info, notice, warning, error (did you mean 'info'?)"
        ),
        (
            "log: {level: \"\\n\"}",
            #"1:14: '\u{a}' is not one of debug, info, notice, warning, error"#
        ),
        ("log: {level: 7}", "1:14: '7' is not one of debug, info, notice, warning, error"),
    ])
    func aWordThatIsNoChoiceIsAnsweredWithTheChoices(yaml: String, problem: String) {
        #expect(refusal(of: yaml) == "host.yaml:\(problem)")
    }

    @Test(arguments: [
        "listen:\n  own-pool: ", "listen:\n  guests: [{name: a, path: ", "control:\n  socket: ",
        "sources:\n  use: [{kind: egd, path: ",
    ])
    func aPathIsAbsolute(start: String) throws {
        let end = start.contains("[") ? "}]" : ""
        let column = (start.split(separator: "\n").last?.count ?? 0) + 1
        #expect(throws: Never.self) { try settings(start + "/run/a b/ünd.sock" + end) }
        #expect(
            refusal(of: start + "run/x" + end)
                == "host.yaml:2:\(column): 'run/x' is no path; begin with '/'")
    }

    @Test(arguments: ["", "~", "null", "''", "\"\"", "[]", "{}", "[a]"])
    func aTextThatIsNotThereIsMissed(text: String) {
        #expect(
            refusal(of: "control: {group: \(text)}") == "host.yaml:1:18: a text is missing")
        #expect(
            refusal(of: "libvirt: {enabled: off, guests: [{cid: 3, name: \(text)}]}")
                == "host.yaml:1:49: a text is missing")
    }

    @Test(arguments: ["'null'", "\"~\"", "on", "7", "naïve ☃ 日本", "'a: b'", "\"a # b\""])
    func anyOtherTextIsTakenAsItIs(text: String) throws {
        let plain = text.filter { $0 != "'" && $0 != "\"" }
        #expect(try settings("control: {group: \(text)}").control.group == plain)
    }

    @Test func aTextHas255BytesAndNoMore() throws {
        let longest = String(repeating: "é", count: 127) + "x"
        #expect(try settings("control: {group: \(longest)}").control.group == longest)
        let problem = "is too long, or has control characters"
        #expect(
            refusal(of: "control: {group: \(longest)x}")
                == "host.yaml:1:18: '\(String(repeating: "é", count: 64))…' \(problem)")
    }

    @Test(arguments: [
        (#""a\tb""#, #"a\u{9}b"#), (#""\e[31m""#, #"\u{1b}[31m"#), (#""a\0""#, #"a\u{0}"#),
        (#""a\nb""#, #"a\u{a}b"#), (#""\x9b2J""#, #"\u{9b}2J"#), (#""\u202Eb""#, #"\u{202e}b"#),
        (#""\L\P""#, #"\u{2028}\u{2029}"#), ("\u{202E}b", #"\u{202e}b"#),
        ("a\u{200B}", #"a\u{200b}"#), ("|\n    web1\n", #"web1\u{a}"#),
        (#""\U000E0001""#, #"\u{e0001}"#), ("a\u{E000}", #"a\u{e000}"#),
    ])
    func aTextThatCouldActOnATerminalIsRefused(text: String, shown: String) {
        #expect(
            refusal(of: "control:\n  group: \(text)\n")
                == "host.yaml:2:10: '\(shown)' is too long, or has control characters")
    }

    @Test(arguments: ["3", "4", "4294967293", "4294967294"])
    func aContextIDIsAGuests(cid: String) throws {
        let read = try settings("libvirt: {enabled: off, guests: [{name: a, cid: \(cid)}]}")
        #expect(read.libvirt.guests.map { "\($0.cid)" } == [cid])
    }

    @Test(arguments: [
        ("2", "'2'"), ("0", "'0'"), ("-1", "'-1'"), ("4294967295", "'4294967295'"),
        ("99999999999999999999", "'99999999999999999999'"), ("3.0", "'3.0'"), ("0x3", "'0x3'"),
        ("three", "'three'"), ("''", "''"), ("[3]", "this"),
    ])
    func aContextIDThatNoGuestCanHaveIsRefused(cid: String, shown: String) {
        #expect(
            refusal(of: "libvirt:\n  enabled: off\n  guests: [{name: a, cid: \(cid)}]\n")
                == "host.yaml:3:27: \(shown) is no whole number from 3 to 4294967294")
    }
}
