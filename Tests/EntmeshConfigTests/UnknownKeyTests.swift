// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConfig
import Testing

/// What is not expected is an error that says where, and what was meant.
@Suite struct UnknownKeyTests {
    @Test(arguments: [
        ("sorces:\n", "1:1: unknown key 'sorces' (did you mean 'sources'?)"),
        (
            String(repeating: "# a\n", count: 11) + "    sorces:\n",
            "12:5: unknown key 'sorces' (did you mean 'sources'?)"
        ),
        ("tank:\n  sise: 1\n", "2:3: unknown key 'sise' (did you mean 'size'?)"),
        ("tank: {szie: 1}\n", "1:8: unknown key 'szie' (did you mean 'size'?)"),
        ("sources:\n  uses:\n", "2:3: unknown key 'uses' (did you mean 'use'?)"),
        (
            "sources:\n  use:\n    - kid: tpm\n",
            "3:7: unknown key 'kid' (did you mean 'kind'?)"
        ),
        ("guests:\n  rat: 1\n", "2:3: unknown key 'rat' (did you mean 'rate'?)"),
        (
            "guests:\n  overrides:\n  - nmae: web1\n",
            "3:5: unknown key 'nmae' (did you mean 'name'?)"
        ),
        ("listen:\n  vscok: on\n", "2:3: unknown key 'vscok' (did you mean 'vsock'?)"),
        (
            "listen:\n  guests:\n    - pth: /x\n",
            "3:7: unknown key 'pth' (did you mean 'path'?)"
        ),
        ("control:\n  sockt: /x\n", "2:3: unknown key 'sockt' (did you mean 'socket'?)"),
        ("libvirt:\n  url: x\n", "2:3: unknown key 'url' (did you mean 'uri'?)"),
        (
            "libvirt:\n  enabled: off\n  guests: [{ci: 3}]\n",
            "3:13: unknown key 'ci' (did you mean 'cid'?)"
        ),
        ("own-pool:\n  thrust: mix\n", "2:3: unknown key 'thrust' (did you mean 'trust'?)"),
        ("log:\n  levle: info\n", "2:3: unknown key 'levle' (did you mean 'level'?)"),
    ])
    func aSlipOfTheFingerIsGuessedThrough(yaml: String, problem: String) {
        #expect(refusal(of: yaml) == "host.yaml:\(problem)")
    }

    private static let known =
        "known: tank, sources, guests, listen, control, libvirt, own-pool, peers, log"

    @Test(arguments: [
        ("colour: red", "1:1: unknown key 'colour' (\(known))"),
        ("7: red", "1:1: unknown key '7' (\(known))"),
        ("? [a]\n: b", "1:3: unknown key this (\(known))"),
        ("? {a: b}\n: c", "1:3: unknown key this (\(known))"),
        ("'': a", "1:1: unknown key '' (\(known))"), ("~: a", "1:1: unknown key '~' (\(known))"),
        ("<<: {tank: {}}", "1:1: unknown key '<<' (\(known))"),
        ("Tänk₂₂: a", "1:1: unknown key 'Tänk₂₂' (\(known))"),
        (#""a\eb\u202ec": d"#, #"1:1: unknown key 'a\u{1b}b\u{202e}c' (\#(known))"#),
        (
            String(repeating: "k", count: 65) + ": a",
            "1:1: unknown key '" + String(repeating: "k", count: 64) + "…' (\(known))"
        ),
        (
            "tank:\n  required: on\n",
            "2:3: unknown key 'required' (known: size, allow-unlocked-memory)"
        ),
        ("own-pool: {level: info}", "1:12: unknown key 'level' (known: trust)"),
    ])
    func anyOtherKeyIsAnsweredWithThoseThereAre(yaml: String, problem: String) {
        #expect(refusal(of: yaml) == "host.yaml:\(problem)")
    }

    @Test func keysThatDifferInCaseAreOthers() {
        #expect(
            refusal(of: "TANK: {}") == "host.yaml:1:1: unknown key 'TANK' (\(Self.known))")
    }

    @Test(arguments: [
        ("tank:\nlog:\ntank:\n", "1:1: the key 'tank' is there twice"),
        ("tank:\n\"tank\":\n", "1:1: the key 'tank' is there twice"),
        ("tank:\n  size: 1 MiB\n  size: 2 MiB\n", "2:3: the key 'size' is there twice"),
        (
            "guests:\n  overrides:\n    - name: a\n      name: b\n",
            "3:7: the key 'name' is there twice"
        ),
        ("on: 1\n'on': 2\n", "1:1: the key 'on' is there twice"),
        ("tank:\n!other tank:\n", "2:1: the key 'tank' is there twice"),
        (#"{"a\e": 1, "a\e": 2}"#, #"1:2: the key 'a\u{1b}' is there twice"#),
    ])
    func aKeyThatIsThereTwiceIsRefusedWhereverItIs(yaml: String, problem: String) {
        #expect(refusal(of: yaml) == "host.yaml:\(problem)")
    }

    @Test func theFirstOfSeveralProblemsIsSaid() {
        #expect(
            refusal(of: "tank: {sise: 1}\nsorces: {}\n")
                == "host.yaml:2:1: unknown key 'sorces' (did you mean 'sources'?)")
    }
}
