// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import EntmeshControl
import EntmeshLibvirt
import EntmeshNode
import EntmeshTestSupport
import Testing

@testable import EntmeshHost

/// What the list says of a guest, in words, where no other test comes by.
@Suite(.timeLimit(.minutes(5)))
struct NoteTests {
    @Test func aGuestThatTakesNothingIsListedAsThatAndAnOperatorIsTold() async throws {
        let isShort: Configure = { configuration, _ in
            configuration.reseedDeadline = .milliseconds(50)
        }
        try await TestHost.run(configure: isShort) { host in
            let guest = try await host.guest("web1", Manners(accepts: .refuse, firstLevel: nil))
            #expect(await guest.next { $0 == .opened } != nil)
            try await host.until("web1") { $0.note == "takes nothing" }
            let result = try await host.node.reseed(.domain(host.name("web1"))).results.first
            #expect(result?.succeeded == false && result?.outcome == "takes nothing")
            let row = try #require(await host.row("web1"))
            #expect(row.isConnected && row.servedBytes == 0 && row.discardedBytes == 0)
            let tank = await host.node.status().tank
            #expect(tank.inFlight == 0 && tank.delivered == 0 && tank.discarded == 0)
        }
    }

    @Test func anAgentThatIsSilentBecauseItsGuestIsPausedIsNoFailure() async throws {
        try await TestHost.run { host in
            await host.node.apply(.connected([host.domain("web1")]))
            let guest = try await host.guest("web1")
            #expect(await guest.block() != nil)
            try await host.until("web1") { $0.servedBytes == 32 }
            await host.tell(.suspended(.paused), host.domain("web1", state: .paused))
            await host.pass(.seconds(300))
            #expect(await guest.ending() == .silent)
            #expect(await host.row("web1")?.note == "paused: agent silent")
            await host.tell(.resumed(.unpaused), host.domain("web1"))
            #expect(await host.row("web1")?.note == "agent disconnected: silent")
        }
    }

    // F30.
    @Test func aGuestThatMigratesAwayKeepsItsCountersForItsReturn() async throws {
        try await TestHost.run { host in
            await host.node.apply(.connected([host.domain("web1")]))
            let guest = try await host.guest("web1")
            #expect(await guest.block() != nil)
            try await host.until("web1") { $0.servedBytes == 32 }
            await host.tell(.stopped(.migrated), host.domain("web1", id: nil, state: .shutOff))
            #expect(await guest.ending() == .domainGone)
            let row = try #require(await host.row("web1"))
            #expect(!row.isActive && !row.isConnected && row.state == "shut off")
            #expect(row.servedBytes == 32 && row.servedBlocks == 1 && row.discardedBytes == 0)
            await host.tell(.started(.migrated), host.domain("web1", id: 5))
            let back = try await host.guest("web1")
            #expect(await back.block() != nil)
            try await host.until("web1") { $0.servedBytes == 64 && $0.id == 5 }
        }
    }
}
