// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConfig
import EntmeshConnection
import Testing

/// What is different for some guests.
@Suite struct OverrideTests {
    private static let uuid = "0e2f1c3a-9b4d-4c5e-8f60-7a8b9c0d1e2f"

    private func rules(_ overrides: String) throws -> GuestRules {
        try settings("guests:\n  rate: 100 B/s\n  overrides:\n\(overrides)").guests
    }

    private func granted(_ name: String, by overrides: String) throws -> GuestSettings {
        try rules(overrides).settings(name: name, uuid: Self.uuid)
    }

    @Test func everyTermCanBeAnother() throws {
        let override = "    - {name: web1, feed: off, rate: 1 B/s, burst: 32 B, trust: credit}\n"
        var wanted = GuestSettings()
        wanted.isFed = false
        wanted.rate = 1
        wanted.burst = 32
        wanted.trust = .credit
        #expect(try granted("web1", by: override) == wanted)
    }

    @Test func whatIsNotSaidStaysAsForAll() throws {
        var wanted = GuestSettings()
        wanted.rate = 100
        #expect(try granted("web1", by: "    - name: web1\n") == wanted)
        wanted.burst = 64
        #expect(try granted("web1", by: "    - {name: web1, burst: 64 B}\n") == wanted)
    }

    @Test func otherGuestsAreNotMeant() throws {
        let override = "    - {name: web1, feed: off}\n"
        for name in ["web2", "web", "web11", "Web1", "", "*"] {
            #expect(try granted(name, by: override).isFed)
        }
    }

    @Test func laterOverridesGoBeforeEarlierOnesTermByTerm() throws {
        let overrides = """
                - {name: "*", feed: off, rate: 1 B/s}
                - {name: web?, feed: on, trust: mix}
                - {name: web1, rate: 3 B/s}
            """
        var wanted = GuestSettings()
        wanted.isFed = true
        wanted.rate = 3
        wanted.trust = .mix
        #expect(try granted("web1", by: overrides) == wanted)
        wanted.rate = 1
        #expect(try granted("web2", by: overrides) == wanted)
        wanted.isFed = false
        wanted.trust = .refuse
        #expect(try granted("db1", by: overrides) == wanted)
    }

    @Test func theOrderDecidesAndNotHowNarrowAPatternIs() throws {
        let overrides = "    - {name: web1, feed: on}\n    - {name: \"web*\", feed: off}\n"
        #expect(try !granted("web1", by: overrides).isFed)
    }

    @Test func everyOverrideIsReadInItsOrder() throws {
        var first = GuestRules.Override(match: .name(pattern: "a*"))
        first.isFed = false
        var second = GuestRules.Override(match: .uuid(Self.uuid))
        second.burst = 4096
        var third = GuestRules.Override(match: .name(pattern: "b"))
        third.rate = 5
        third.trust = .mix
        #expect(
            try rules(
                """
                    - {name: a*, feed: no}
                    - {uuid: \(Self.uuid), burst: 4 KiB}
                    - {trust: mix, rate: 5 B/s, name: b}
                """
            ).overrides == [first, second, third])
    }

    // MARK: By UUID

    @Test(arguments: [uuid, uuid.uppercased(), "0E2F1c3a-9B4D-4c5e-8F60-7A8b9C0d1E2f"])
    func aGuestIsFoundByItsUUIDHoweverThatIsWritten(uuid: String) throws {
        let rules = try rules("    - {uuid: \(uuid), feed: off}\n")
        #expect(!rules.settings(name: "any", uuid: Self.uuid).isFed)
        let other = String(Self.uuid.dropLast()) + "e"
        #expect(rules.settings(name: "any", uuid: other).isFed)
        #expect(rules.settings(name: Self.uuid, uuid: other).isFed)
    }

    @Test func aNameThatLooksLikeAUUIDIsAName() throws {
        let rules = try rules("    - {name: \(Self.uuid), feed: off}\n")
        #expect(rules.settings(name: "any", uuid: Self.uuid).isFed)
        #expect(!rules.settings(name: Self.uuid, uuid: "").isFed)
    }

    @Test(arguments: [
        "web1", "0e2f1c3a9b4d4c5e8f607a8b9c0d1e2f", "0e2f1c3a-9b4d-4c5e-8f60-7a8b9c0d1e2",
        "0e2f1c3a-9b4d-4c5e-8f60-7a8b9c0d1e2f0", "0e2f1c3a-9b4d-4c5e-8f60-7a8b9c0d1e2g",
        "0e2f1c3a-9b4d-4c5e-8f60-7a8b-9c0d1e2f", "-9b4d-4c5e-8f60-7a8b9c0d1e2f",
        "０e2f1c3a-9b4d-4c5e-8f60-7a8b9c0d1e2f", "0e2f1c3a-9b4d-4c5e-8f60-7a8b9c0d１2",
        "{0e2f1c3a-9b4d-4c5e-8f60-7a8b9c0d1e2f}",
    ])
    func whatIsNoUUIDIsRefused(text: String) {
        #expect(
            refusal(of: "guests:\n  overrides:\n    - feed: off\n      uuid: \"\(text)\"\n")
                == "host.yaml:4:13: '\(text)' is no UUID; see: virsh domuuid NAME")
    }

    @Test(arguments: ["name", "uuid"])
    func anOverrideForNobodyIsRefused(key: String) {
        #expect(
            refusal(of: "guests:\n  overrides:\n    - {\(key): , feed: off}\n")
                == "host.yaml:3:14: a text is missing")
    }
}
