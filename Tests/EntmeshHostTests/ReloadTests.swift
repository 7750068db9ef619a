// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConfig
import EntmeshConnection
import EntmeshControl
import EntmeshNode
import EntmeshSources
import EntmeshTestSupport
import Synchronization
import Testing

@testable import EntmeshHost

/// What a reload changes, and whom it disturbs.
@Suite(.timeLimit(.minutes(5)))
struct ReloadTests {
    private static func rules(_ change: (inout GuestRules) -> Void) -> GuestRules {
        var rules = GuestRules()
        change(&rules)
        return rules
    }

    @Test func otherRatesHoldWithoutAnybodyBeingDropped() async throws {
        try await TestHost.run { host in
            let greedy = try await host.guest("greedy", Manners(levelAfterBlock: nil))
            for _ in 0..<17 { #expect(await greedy.block() != nil) }
            try await host.until("greedy") { $0.servedBytes == 32 + 512 }
            await host.node.reload(
                rules: Self.rules { $0.defaults.rate = 6400 }, ownPoolTrust: .refuse)
            // 64 bytes a second would not be enough for a whole bucket.
            await host.pass(.milliseconds(100))
            for _ in 0..<16 { #expect(await greedy.block() != nil) }
            #expect(await host.node.status().guestsConnected == 1)
            #expect(await host.count("closed", "shutdown") == 0)
        }
    }

    @Test func aNewGuestBeginsWithTheBurstItIsGranted() async throws {
        let large: Configure = { configuration, _ in
            configuration.guestRules.defaults.burst = 2048
        }
        try await TestHost.run(configure: large) { host in
            let greedy = try await host.guest("greedy", Manners(levelAfterBlock: nil))
            for _ in 0..<65 { #expect(await greedy.block() != nil) }
            try await host.until("greedy") { $0.servedBytes == 32 + 2048 }
        }
    }

    @Test func whoIsSwitchedOffIsToldAndMayComeBackLater() async throws {
        try await TestHost.run { host in
            let off = try await host.guest("off1")
            let other = try await host.guest("other")
            #expect(await off.block() != nil)
            #expect(await other.block() != nil)
            await host.node.reload(
                rules: Self.rules { $0.overrides = [.off("*/off?")] }, ownPoolTrust: .refuse)
            #expect(await off.ending() == .switchedOff)
            #expect(await host.row("off1")?.note == "switched off by config")
            #expect(await host.row("other")?.isConnected == true)
            await host.node.reload(rules: GuestRules(), ownPoolTrust: .refuse)
            let again = try await host.guest("off1")
            #expect(await again.block() != nil)
        }
    }

    @Test func whoIsTrustedOtherwiseConnectsAgain() async throws {
        try await TestHost.run { host in
            let guest = try await host.guest("web1")
            #expect(await guest.block() != nil)
            let rules = Self.rules { $0.defaults.trust = .mix }
            await host.node.reload(rules: rules, ownPoolTrust: .refuse)
            #expect(await guest.ending() == .shutdown)
            // Once more is no change.
            let again = try await host.guest("web1")
            #expect(await again.block() != nil)
            await host.node.reload(rules: rules, ownPoolTrust: .refuse)
            #expect(await host.row("web1")?.isConnected == true)
        }
    }

    @Test func aRefusedReloadIsShownUntilAGoodOne() async throws {
        try await TestHost.run { host in
            await host.node.refuseReload("host.yaml:1:1: unknown key 'x\u{1B}'")
            let warnings = await host.node.status().warnings
            #expect(
                warnings.contains(
                    "the configuration was not reloaded: host.yaml:1:1: unknown key 'x\\u{1b}'"))
            #expect(await host.count("events", "reload-refused") == 1)
            await host.node.reload(rules: GuestRules(), ownPoolTrust: .refuse)
            #expect(!(await host.node.status().warnings.contains { $0.contains("reloaded") }))
        }
    }

    @Test func aReloadReadsTheFileAndSaysWhatMustWait() async throws {
        try await TestHost.run { host in
            let feed = SourceFeed(
                SourcesSettings(), log: host.log.logger, search: { .init() })
            let text = Mutex("tank: {size: 8 MiB}\nguests: {rate: 1 KiB/s}\nlog: {level: debug}\n")
            let reloader = Reloader(node: host.node, feed: feed, started: HostSettings()) {
                () throws(ConfigError) in
                try HostSettings(yaml: text.withLock { $0 }, file: "host.yaml")
            }
            await reloader.reload()
            #expect(await host.node.rules.defaults.rate == 1024)
            #expect(
                await host.node.status().warnings.contains(
                    "a change of tank, log in the configuration takes a restart"))
            text.withLock { $0 = "guests: {rat: 1 KiB/s}\n" }
            await reloader.reload()
            #expect(await host.node.rules.defaults.rate == 1024)
            #expect(
                await host.node.status().warnings.contains {
                    $0.hasSuffix("host.yaml:1:10: unknown key 'rat' (did you mean 'rate'?)")
                })
            text.withLock { $0 = "# nothing\n" }
            await reloader.reload()
            #expect(await host.node.rules == GuestRules())
        }
    }
}
