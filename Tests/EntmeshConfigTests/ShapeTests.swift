// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConfig
import Testing

/// A value of the wrong sort is an error at its place.
@Suite struct ShapeTests {
    private static let sections =
        "tank, sources, guests, listen, control, libvirt, own-pool, peers, log: ..."

    @Test(arguments: [
        ("- tank\n", "1:1: this is no mapping; write: \(sections)"),
        ("tank", "1:1: 'tank' is no mapping; write: \(sections)"),
        ("'null'", "1:1: 'null' is no mapping; write: \(sections)"),
        (
            "tank: 1 MiB\n",
            "1:7: '1 MiB' is no mapping; write: size, allow-unlocked-memory: ..."
        ),
        ("tank: ''\n", "1:7: '' is no mapping; write: size, allow-unlocked-memory: ..."),
        ("sources: [tpm]\n", "1:10: this is no mapping; write: required, use: ..."),
        (
            "sources:\n  use:\n    - tpm\n",
            "3:7: 'tpm' is no mapping; write: kind, name, path, claim, baud: ..."
        ),
        (
            "guests: off\n",
            "1:9: 'off' is no mapping; write: feed, rate, burst, trust, overrides: ..."
        ),
        (
            "guests: {overrides: [web1]}\n",
            "1:22: 'web1' is no mapping; write: name, uuid, feed, rate, burst, trust: ..."
        ),
        ("listen: on\n", "1:9: 'on' is no mapping; write: vsock, own-pool, guests: ..."),
        ("listen: {guests: [a]}\n", "1:19: 'a' is no mapping; write: name, path: ..."),
        ("control: /x\n", "1:10: '/x' is no mapping; write: socket, group: ..."),
        ("libvirt: off\n", "1:10: 'off' is no mapping; write: enabled, uri, guests: ..."),
        (
            "libvirt: {enabled: off, guests: [3]}\n",
            "1:34: '3' is no mapping; write: name, cid: ..."
        ),
        ("own-pool: mix\n", "1:11: 'mix' is no mapping; write: trust: ..."),
        ("log: info\n", "1:6: 'info' is no mapping; write: level: ..."),
    ])
    func somethingElseWhereAMappingBelongs(yaml: String, problem: String) {
        #expect(refusal(of: yaml) == "host.yaml:\(problem)")
    }

    @Test(arguments: [
        ("sources:\n  use: tpm\n", "2:8: 'tpm'"),
        ("sources:\n  use:\n    kind: tpm\n", "3:5: this"),
        ("guests:\n  overrides: ''\n", "2:14: ''"),
        ("listen:\n  guests: {name: a, path: /b}\n", "2:11: this"),
        ("libvirt:\n  enabled: off\n  guests: web1=3\n", "3:11: 'web1=3'"),
    ])
    func somethingElseWhereAListBelongs(yaml: String, start: String) {
        #expect(refusal(of: yaml) == "host.yaml:\(start) is no list; begin each element with '- '")
    }

    @Test(arguments: [
        ("sources", "", "use", "kind: rdseed, name: g", 64),
        ("guests", "", "overrides", "name: g", 1024),
        ("listen", "", "guests", "name: g, path: /g", 1024),
        ("libvirt", "enabled: off, ", "guests", "name: g, cid: 1", 4096),
    ])
    func listsAreAsLongAsTheirLimitAndNoLonger(
        section: String, before: String, key: String, element: String, limit: Int
    ) throws {
        func yaml(_ count: Int) -> String {
            let list = (0..<count).map { "{\(element)\($0)}" }.joined(separator: ", ")
            return "\(section): {\(before)\(key): [\(list)]}"
        }
        for count in [limit - 1, limit] { _ = try settings(yaml(count)) }
        let column = section.count + before.count + key.count + 6
        #expect(
            refusal(of: yaml(limit + 1)) == "host.yaml:1:\(column): there are more than \(limit)")
    }

    @Test(arguments: [
        ("sources:\n  use:\n    - name: a\n", "3:7: a source takes a kind"),
        ("sources: {use: [{}]}", "1:17: a source takes a kind"),
        (
            "guests:\n  overrides:\n    - feed: off\n",
            "3:7: an override takes either a name or a uuid"
        ),
        (
            "guests:\n  overrides:\n    - name: a\n      uuid: b\n",
            "3:7: an override takes either a name or a uuid"
        ),
        ("listen: {guests: [{name: a}]}", "1:19: a guest's socket takes a name and a path"),
        ("listen: {guests: [{path: /a}]}", "1:19: a guest's socket takes a name and a path"),
        ("libvirt: {enabled: off, guests: [{name: a}]}", "1:34: a guest takes a name and a cid"),
        ("libvirt: {enabled: off, guests: [{cid: 3}]}", "1:34: a guest takes a name and a cid"),
    ])
    func whatAnElementMustHave(yaml: String, problem: String) {
        #expect(refusal(of: yaml) == "host.yaml:\(problem)")
    }

    @Test(arguments: ["", "  enabled: on\n"])
    func guestsAreNotNamedWhereLibvirtIsAsked(enabled: String) {
        let line = enabled.isEmpty ? 2 : 3
        #expect(
            refusal(of: "libvirt:\n\(enabled)  guests: []\n")
                == "host.yaml:\(line):11: guests are named here only with 'enabled: off'")
    }

    @Test(arguments: [
        (
            "listen: {guests: [{name: a, path: /x}, {name: b, path: /x}]}\n",
            "host.yaml:1:56: '/x' is another guest's socket already"
        ),
        (
            "libvirt: {enabled: off, guests: [{name: a, cid: 3}, {name: b, cid: 3}]}\n",
            "host.yaml:1:68: '3' is another guest's already"
        ),
    ])
    func whatNamesOneGuestCannotNameAnother(yaml: String, problem: String) {
        #expect(refusal(of: yaml) == problem)
    }
}
