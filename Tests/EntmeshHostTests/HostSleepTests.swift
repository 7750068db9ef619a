// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import EntmeshControl
import EntmeshNode
import EntmeshTestSupport
import Testing

@testable import EntmeshHost

/// F19: the host is suspended for a night. CLOCK_BOOTTIME goes on, CLOCK_MONOTONIC does not.
@Suite(.timeLimit(.minutes(5)))
struct HostSleepTests {
    private static let night = TimeSpan.seconds(8 * 3600)

    @Test func whatWasInTheTankIsDiscardedBeforeTheNextDelivery() async throws {
        try await TestHost.run { host in
            let guest = try await host.guest("web1")
            #expect(await guest.block() != nil)
            try await host.until("web1") { $0.servedBytes == 32 }
            try await host.until { $0.tank.capacity - $0.tank.resident < 64 }
            let before = await host.node.status().tank
            let lastMade = host.feed.lastNumber
            host.clock.sleep(for: Self.night)
            // Nothing but the request tells the node that it is awake.
            try await guest.goStale()
            #expect(await guest.block() != nil)
            try await host.until("web1") { $0.servedBytes >= 64 && $0.seeding == .seeded }
            #expect(guest.numbers.dropFirst().allSatisfy { $0 > lastMade })
            #expect(await host.count("events", "host-resumed") == 1)
            #expect(host.feed.startOvers == 1)
            let status = await host.node.status()
            #expect(status.tank.discarded == before.discarded + UInt64(before.resident))
            #expect(status.guestsConnected == 1)
            #expect(!status.counters.contains { $0.name == "closed" })
        }
    }

    @Test func theSleepEarnsNobodyABurst() async throws {
        try await TestHost.run { host in
            let greedy = try await host.guest("greedy", Manners(levelAfterBlock: nil))
            // Its first block, and what its bucket holds.
            for _ in 0..<17 { #expect(await greedy.block() != nil) }
            try await host.until("greedy") { $0.servedBytes == 32 + 512 }
            host.clock.sleep(for: Self.night)
            await host.node.lookAtTheTime()
            try await host.until { $0.tank.level >= 99 && $0.tank.inFlight == 0 }
            // At most the one block that everybody gets whose host slept.
            let served = try #require(await host.row("greedy")).servedBytes
            #expect(served <= 32 + 512 + 32)
            // What it earns, it earns by the other clock: 64 bytes a second.
            await host.pass(.milliseconds(500))
            try await host.until("greedy") { $0.servedBytes == served + 32 }
            #expect(await host.node.status().tank.inFlight == 0)
        }
    }

    @Test func theAgeCountsTheNightAndTheLevelIsZeroUntilTheGuestIsFedAgain() async throws {
        try await TestHost.run(feed: TestFeed(budget: 1 << 16)) { host in
            let guest = try await host.guest("web1")
            #expect(await guest.block() != nil)
            try await host.until("web1") { $0.level == 100 && $0.servedBytes == 32 }
            host.clock.sleep(for: Self.night)
            await host.node.lookAtTheTime()
            // Everything there was is wiped, and nothing comes in: the row stays as it is.
            let row = try #require(await host.row("web1"))
            #expect(row.level == 0 && row.ageSeconds == 8 * 3600)
            #expect(row.isConnected && row.seeding != .seeded)
            host.feed.addToBudget(64)
            #expect(await guest.block() != nil)
            // The guest did not sleep: its level is what it was, and it does not repeat itself.
            try await host.until("web1") { $0.seeding == .seeded && $0.ageSeconds == 0 }
            #expect(await host.row("web1")?.level ?? 0 > 90)
        }
    }

    @Test func aBlockThatWasInFlightIsCountedAndAnotherOneFollows() async throws {
        try await TestHost.run { host in
            let guest = try await host.guest("web1", .silent)
            #expect(await guest.block() != nil)
            host.clock.sleep(for: Self.night)
            await host.node.lookAtTheTime()
            // No deadline has passed by the clock that deadlines go by.
            #expect(await host.row("web1")?.isConnected == true)
            #expect(await host.node.status().tank.inFlight == 32)
            try await guest.acknowledge(1, .reseeded)
            #expect(await guest.block() != nil)
            try await guest.acknowledge(2, .reseeded)
            try await host.until("web1") { $0.servedBytes == 64 && $0.seeding == .seeded }
            #expect(Set(guest.numbers).count == guest.numbers.count)
        }
    }
}
