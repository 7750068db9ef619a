// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConfig
import EntmeshConnection
import EntmeshControl
import EntmeshNode
import EntmeshTestSupport
import NIOCore
import Testing

@testable import EntmeshHost

/// What is done with entropy that a guest gives.
@Suite(.timeLimit(.minutes(5)))
struct GuestTrustTests {
    private static func trusting(_ trust: InboundTrust) -> Configure {
        return { configuration, _ in configuration.guestRules.defaults.trust = trust }
    }

    /// A pool that also gives: a hello, a level, then `count` blocks of 32 bytes.
    private static func giver(_ host: TestHost, blocks count: Int) async throws -> FakeGuest {
        var hello = Manners.polite.hello
        hello.sends = true
        let guest = try await host.guest("giver", Manners.raw)
        var frames: [RawFrame] = [.hello(hello), .level(100)]
        for number in 0..<count {
            let bytes = (0..<32).map { UInt8(truncatingIfNeeded: $0 * 7 + number) }
            let sequence = UInt8(number + 1)
            frames.append(.frame(type: 3, payload: [0, 0, 0, sequence, 0, 0, 1, 0] + bytes))
        }
        try await guest.send(frames)
        return guest
    }

    @Test func nothingIsTakenFromAGuestUnlessTheConfigurationSaysSo() async throws {
        try await TestHost.run { host in
            let guest = try await Self.giver(host, blocks: 1)
            #expect(await guest.ending() != nil)
            #expect(await host.count("closed", "malformed-frame") == 1)
        }
    }

    @Test func whatIsOnlyMixedIsNeverInTheTank() async throws {
        try await TestHost.run(configure: Self.trusting(.mix)) { host in
            let before = await host.node.status().tank.received
            let guest = try await Self.giver(host, blocks: 1)
            // Its mix level goes from 0 to 100 by it.
            let rises = await guest.next { $0 == .level(100) }
            #expect(rises != nil)
            #expect(await host.node.status().tank.received == before)
            #expect(await host.row("giver")?.isConnected == true)
        }
    }

    /// Transfer and farewell in one read: what was given must not stay in the buffer it came in.
    @Test func whatAGiverLeavesBehindIsWipedThoughItLeavesInTheSameBreath() async throws {
        try await TestHost.run(configure: Self.trusting(.credit)) { host in
            let guest = try await Self.giver(host, blocks: 0)
            try await host.until("giver") { $0.isConnected }
            // A number of its own, so that nobody else can have left it.
            let secret = (0..<32).map { UInt8(truncatingIfNeeded: 0x5A ^ ($0 &* 31)) }
            let transfer: [UInt8] = [0, 0, 0, 1, 0, 0, 1, 0] + secret
            let farewell: [UInt8] = [0]
            let buffer = await host.node.bufferAfterReading(
                [
                    .frame(type: 3, payload: transfer), .frame(type: 7, payload: farewell),
                ], from: host.name("giver"))
            #expect(buffer.allSatisfy { $0 == 0 })
            _ = await guest.ending()
        }
    }

    @Test func whatIsCreditedFillsTheTankByTheFullEntropyRule() async throws {
        let feed = TestFeed(budget: 0)
        try await TestHost.run(feed: feed, isFull: false, configure: Self.trusting(.credit)) {
            host in
            // Three blocks are 768 bits: one block of 512 takes 576 of them.
            let guest = try await Self.giver(host, blocks: 3)
            try await host.until { $0.tank.received == 64 }
            #expect(await host.row("giver")?.isConnected == true)
            try await guest.hangUp()
        }
    }
}

extension HostNode {
    /// Has the link of the guest `name` read `frames` at once; what is left in the buffer then.
    fileprivate func bufferAfterReading(_ frames: [RawFrame], from name: String) -> [UInt8] {
        let buffer = ByteBuffer(bytes: frames.flatMap(\.bytes))
        if let link = directory.withName(name)?.link { received(buffer, on: link.id) }
        return Array(buffer.readableBytesView)
    }
}
