// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConfig
import EntmeshConnection
import EntmeshControl
import EntmeshNode
import EntmeshTestSupport
import Testing

@testable import EntmeshHost

/// A guest is fed, and the list says so.
@Suite(.timeLimit(.minutes(5)))
struct FeedingTests {
    @Test func aGuestIsFedAndItsReceiptIsCounted() async throws {
        try await TestHost.run { host in
            let guest = try await host.guest("web1")
            #expect(await guest.block()?.count == 32)
            try await host.until("web1") { $0.servedBytes == 32 }
            let row = try #require(await host.row("web1"))
            #expect(row.seeding == .seeded && row.mode == .agent && row.isConnected)
            #expect(row.level == 100 && row.ageSeconds == 0 && row.servedBlocks == 1)
            #expect(row.note == "seeded, source port not seen" && row.lastOutcome == "reseeded")
            #expect(row.agentVersion == "fake-guest 1")
            let status = await host.node.status()
            #expect(status.tank.delivered == 32 && status.guestsConnected == 1)
            #expect(await host.count("receipts", "reseeded") == 1)
        }
    }

    @Test func theAgeCountsFromTheReceiptAndTheEstimatedLevelFallsWithIt() async throws {
        try await TestHost.run { host in
            _ = try await host.guest("web1")
            try await host.until("web1") { $0.servedBytes == 32 }
            await host.advance(by: .seconds(12))
            #expect(await host.row("web1")?.ageSeconds == 12)
            #expect(await host.row("web1")?.level == 98)
            // Never further off than the guest lets it be: it speaks up at every tenth point.
            await host.advance(by: .seconds(200))
            #expect(await host.row("web1")?.level == 91)
        }
    }

    @Test func noByteIsDeliveredTwiceToAnybody() async throws {
        try await TestHost.run { host in
            var seen: [UInt64] = []
            for round in 0..<3 {
                var guests: [FakeGuest] = []
                for number in 0..<8 {
                    guests.append(try await host.guest("guest\(number)"))
                }
                for guest in guests {
                    #expect(await guest.block() != nil)
                    seen += guest.numbers
                }
                for guest in guests { try await guest.hangUp() }
                try await host.until { $0.guestsConnected == 0 }
                #expect(seen.count == 8 * (round + 1))
            }
            #expect(Set(seen).count == seen.count)
        }
    }

    @Test func aNewConnectionTakesThePlaceOfTheOldOne() async throws {
        try await TestHost.run { host in
            let first = try await host.guest("web1", .silent)
            #expect(await first.block() != nil)
            let second = try await host.guest("web1")
            #expect(await first.ending() == .replaced)
            #expect(await second.block() != nil)
            #expect(Set(first.numbers).isDisjoint(with: second.numbers))
            try await host.until { $0.tank.delivered == 32 && $0.tank.discarded == 32 }
            #expect(await host.row("web1")?.discardedBytes == 32)
        }
    }

    @Test func aGuestThatLeavesWithABlockInFlightLosesItForGood() async throws {
        try await TestHost.run { host in
            let guest = try await host.guest("web1", .silent)
            #expect(await guest.block() != nil)
            #expect(await host.node.status().tank.inFlight == 32)
            try await guest.hangUp()
            try await host.until { $0.tank.inFlight == 0 && $0.tank.discarded == 32 }
            #expect(await host.row("web1")?.note == "agent disconnected: end-of-stream")
            #expect(await host.row("web1")?.seeding == .unknown)
        }
    }

    @Test func anOldPoolGetsALargeBlock() async throws {
        try await TestHost.run { host in
            let guest = try await host.guest("old", Manners(capacity: 512, outcome: .deferred))
            #expect(await guest.block()?.count == 512)
            try await host.until("old") { $0.note == "reseed deferred, source port not seen" }
        }
    }

    @Test func aGuestThatOnlyMixesIsListedAsThat() async throws {
        try await TestHost.run { host in
            let guest = try await host.guest("web1", Manners(accepts: .mix, outcome: .mixed))
            #expect(await guest.block()?.count == 32)
            try await host.until("web1") { $0.note == "mix only, source port not seen" }
            #expect(await host.row("web1")?.seeding == .unknown)
        }
    }

    @Test func aNewlySeededGuestIsReady() async throws {
        try await TestHost.run { host in
            let manners = Manners(isReady: false, outcome: nil)
            let guest = try await host.guest("web1", manners)
            #expect(await guest.block() != nil)
            try await host.until("web1") { $0.seeding == .notReady && $0.note == "not ready" }
            try await guest.acknowledge(1, .seeded)
            try await host.until("web1") { $0.seeding == .seeded }
        }
    }

    @Test func aGuestThatIsThereBeforeTheFeedIsFedToo() async throws {
        let log = LogLines()
        let feed = TestFeed()
        var configuration = HostConfiguration(
            listeners: [], roster: .fixed([]), clock: { Moment(nanoseconds: 0) })
        configuration.allowsUnlockedMemory = true
        configuration.tankCapacity = 4096
        let agent = try HostAgent(configuration: configuration, feed: feed, log: log.logger)
        // What a guest that dials before the services run has the node do.
        await agent.node.pump()
        try await agent.node.start()
        try await poll { await agent.node.status().tank.level == 100 }
        await agent.node.stop()
    }

    // F13.
    @Test func anEmptyTankIsToldAndServesAsSoonAsItCan() async throws {
        try await TestHost.run(feed: TestFeed(budget: 0), isFull: false) { host in
            let guest = try await host.guest("web1")
            try await host.until("web1") { $0.note == "waiting: tank empty" }
            host.feed.addToBudget(64)
            #expect(await guest.block() != nil)
            try await host.until("web1") { $0.seeding == .seeded }
        }
    }

    @Test func aGuestThatIsSwitchedOffIsTurnedAwayAndListed() async throws {
        let configure: Configure = {
            configuration, directory in
            configuration.guestRules.overrides = [.off(directory.path("web1"))]
        }
        try await TestHost.run(configure: configure) { host in
            let guest = try await host.guest("web1")
            #expect(await guest.ending() == .switchedOff)
            #expect(await host.row("web1")?.note == "switched off by config")
            #expect(await host.count("refused", "switched-off") == 1)
            #expect(host.log.count("connection refused") == 1)
        }
    }

    @Test func nothingIsDrawnForAGuestThatTakesNothingEvenWhenItIsMarked() async throws {
        try await TestHost.run { host in
            let guest = try await host.guest("web1", Manners(accepts: .refuse, firstLevel: nil))
            #expect(await guest.next { $0 == .opened } != nil)
            try await host.until("web1") { $0.isConnected }
            await host.node.markForTest(host.name("web1"))
            try await host.until("web1") { $0.isConnected && $0.seeding == .stale }
            #expect(await host.node.status().tank.discarded == 0)
        }
    }

    @Test(.enabled(if: isRoot, "the own pool's socket is root's"))
    func theHostsOwnPoolIsFedToo() async throws {
        let configure: Configure = {
            configuration, directory in
            configuration.listeners.append(.unix(path: directory.path("own"), peer: .ownPool))
        }
        try await TestHost.run(configure: configure) { host in
            let own = try await FakeGuest(host.directory.path("own"))
            #expect(await own.block() != nil)
            try await host.until { $0.ownPool?.seeding == .seeded && $0.ownPool?.name == "host" }
            #expect(await host.node.guestList().guests.isEmpty)
        }
    }
}
