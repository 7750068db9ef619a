// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import EntmeshControl
import EntmeshNode
import EntmeshTestSupport
import Testing

@testable import EntmeshHost

/// An operator's reseed: a block now, and its receipt.
@Suite(.timeLimit(.minutes(5)))
struct ReseedTests {
    private let isShort: Configure = { configuration, _ in
        configuration.reseedDeadline = .milliseconds(50)
    }

    @Test func itWaitsForTheReceiptOfABlockSentAfterIt() async throws {
        try await TestHost.run { host in
            let guest = try await host.guest("web1")
            #expect(await guest.block() != nil)
            try await host.until("web1") { $0.servedBytes == 32 }
            // What was in flight when it was asked for does not count.
            async let reply = host.node.reseed(.domain(host.name("web1")))
            #expect(await guest.block() != nil)
            let result = try #require(try await reply.results.first)
            #expect(result.succeeded && result.outcome == "reseeded")
            #expect(result.name == host.name("web1"))
            #expect(await host.row("web1")?.note == "reseed asked, reseeded, source port not seen")
            #expect(await host.row("web1")?.servedBytes == 64)
        }
    }

    @Test func theReceiptOfABlockFromBeforeDoesNotCount() async throws {
        try await TestHost.run { host in
            let guest = try await host.guest("web1", .silent)
            #expect(await guest.block() != nil)
            async let reply = host.node.reseed(.domain(host.name("web1")))
            try await host.until("web1") { $0.seeding == .stale }
            try await guest.acknowledge(1, .reseeded)
            #expect(await guest.block() != nil)
            #expect(await host.row("web1")?.seeding == .stale)
            try await guest.acknowledge(2, .reseeded)
            #expect(try await reply.results.first?.succeeded == true)
        }
    }

    @Test func noReceiptInTimeIsNoAnswer() async throws {
        try await TestHost.run(configure: isShort) { host in
            let guest = try await host.guest("web1", .silent)
            #expect(await guest.block() != nil)
            let result = try await host.node.reseed(.domain(host.name("web1"))).results.first
            #expect(result?.succeeded == false && result?.outcome == "no answer")
        }
    }

    @Test func aGuestWithoutAConnectionIsNotConnected() async throws {
        try await TestHost.run { host in
            let guest = try await host.guest("web1")
            #expect(await guest.block() != nil)
            try await guest.hangUp()
            try await host.until { $0.guestsConnected == 0 }
            let result = try await host.node.reseed(.domain(host.name("web1"))).results.first
            #expect(result?.succeeded == false && result?.outcome == "not connected")
        }
    }

    @Test func anEmptyTankIsTheAnswer() async throws {
        let feed = TestFeed(budget: 0)
        try await TestHost.run(feed: feed, isFull: false, configure: isShort) { host in
            let guest = try await host.guest("web1")
            _ = await guest.next { $0 == .opened }
            try await host.until("web1") { $0.isConnected }
            let result = try await host.node.reseed(.domain(host.name("web1"))).results.first
            #expect(result?.succeeded == false && result?.outcome == "tank empty")
        }
    }

    @Test func aDisconnectionEndsTheWait() async throws {
        try await TestHost.run { host in
            let guest = try await host.guest("web1", .silent)
            #expect(await guest.block() != nil)
            async let reply = host.node.reseed(.domain(host.name("web1")))
            try await host.until("web1") { $0.seeding == .stale }
            try await guest.hangUp()
            #expect(try await reply.results.first?.outcome == "disconnected before it answered")
        }
    }

    @Test func aRefusalIsTheAnswerAndTheNextReseedIsTriedAtOnce() async throws {
        try await TestHost.run { host in
            let failing = Manners(outcome: .failed, errorNumber: 1)
            let guest = try await host.guest("web1", failing)
            #expect(await guest.block() != nil)
            try await host.until("web1") { $0.lastOutcome == "failed: EPERM" }
            // The pause after a refusal is for what comes by itself: an operator may have mended it.
            for _ in 0..<3 {
                let result = try await host.node.reseed(.domain(host.name("web1"))).results.first
                #expect(result?.succeeded == false && result?.outcome == "failed: EPERM")
            }
        }
    }

    @Test func allMeansAllThatAreConnected() async throws {
        try await TestHost.run { host in
            let guests = [try await host.guest("a"), try await host.guest("b")]
            let gone = try await host.guest("c")
            for guest in guests + [gone] { #expect(await guest.block() != nil) }
            try await gone.hangUp()
            try await host.until { $0.guestsConnected == 2 && $0.tank.inFlight == 0 }
            let reply = try await host.node.reseed(.all)
            #expect(reply.results.map(\.name) == [host.name("a"), host.name("b")])
            #expect(reply.results.allSatisfy { $0.succeeded })
        }
    }

    @Test func anUnknownDomainIsAnErrorInVirshsWords() async throws {
        try await TestHost.run { host in
            await #expect(
                throws: ControlError(
                    code: "no-such-domain", message: "failed to get domain 'x\\u{1b}[2J'")
            ) { try await host.node.reseed(.domain("x\u{1B}[2J")) }
        }
    }
}
