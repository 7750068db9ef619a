// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import EntmeshControl
import EntmeshNode
import EntmeshTestSupport
import Glibc
import NIOCore
import Testing

@testable import EntmeshHost

extension HostNode {
    /// Makes the kernel queue as little as it can toward the guest `name`.
    func shrinkSendBuffer(_ name: String) {
        if let link = directory.named(name)?.link { shrinkSendBuffer(of: link) }
    }

    /// The same toward the agent of the host's own pool.
    func shrinkOwnPoolSendBuffer() {
        if let link = ownPool.link { shrinkSendBuffer(of: link) }
    }

    private func shrinkSendBuffer(of link: Link) {
        guard case .socket(let descriptor) = link.outlet else { return }
        var size: CInt = 1
        setsockopt(
            descriptor, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<CInt>.size))
        // A few small messages, so that the next large one fits in part.
        let answer = RawFrame.frame(type: 6, payload: [1]).bytes
        for _ in 0..<3 { send(descriptor, answer, answer.count, 0) }
    }

    /// How many timers wait: one a link at most, one for the pump.
    var linkTimers: Int { links.values.count { $0.timer != nil } }
}

/// Guests that break the protocol, stall, flood or lie: none crashes, blocks or grows the daemon.
@Suite(.timeLimit(.minutes(5)))
struct HostileGuestTests {
    /// Connects a polite guest, lets `body` do its worst, and sees that the polite one is still fed.
    private func withBystander(_ body: (TestHost) async throws -> Void) async throws {
        try await TestHost.run { host in
            let bystander = try await host.guest("bystander")
            #expect(await bystander.block() != nil)
            try await body(host)
            try await host.until("bystander") { $0.servedBytes == 32 }
            let reply = try await host.node.reseed(.domain(host.name("bystander")))
            #expect(reply.results.first?.succeeded == true)
        }
    }

    // MARK: F14

    // The host's own buffer is given blocks that are large enough to be cut by a socket.
    @Test(.enabled(if: isRoot, "the own pool's socket is root's"))
    func aWriteThatFailsHalfWayLosesTheBlockAndSaysNothingMore() async throws {
        let configure: Configure = { configuration, directory in
            configuration.listeners.append(.unix(path: directory.path("own"), peer: .ownPool))
        }
        try await TestHost.run(configure: configure) { host in
            let manners = Manners(kind: .buffer, capacity: 1 << 20, firstLevel: nil, outcome: nil)
            let deaf = try await FakeGuest(host.directory.path("own"), manners)
            _ = await deaf.next { $0 == .opened }
            try await host.until { $0.ownPool?.isConnected == true }
            try await deaf.stopReading()
            await host.node.shrinkOwnPoolSendBuffer()
            try await deaf.announce(0)
            try await host.until { $0.ownPool?.isConnected == false }
            try await host.until { $0.ownPool?.discardedBytes == 4096 }
            let status = await host.node.status()
            #expect(status.ownPool?.note == "agent disconnected: write-stalled")
            #expect(status.tank.inFlight == 0)
            #expect(await host.count("closed", "write-stalled") == 1)
            // The block ends where it was cut: nothing that would complete it follows.
            #expect(await deaf.ending() == nil)
            #expect(deaf.numbers.isEmpty)
        }
    }

    @Test func aGuestThatNeverReadsItsAnswersIsGivenUp() async throws {
        try await withBystander { host in
            let guest = try await host.guest("deaf", .silent)
            #expect(await guest.block() != nil)
            await host.node.shrinkSendBuffer(host.name("deaf"))
            try await guest.stopReading()
            for _ in 0..<64 {
                guard await host.row("deaf")?.isConnected == true else { break }
                try? await guest.send([RawFrame](repeating: .heartbeat, count: 100))
                await host.pass(.milliseconds(500))
            }
            try await host.until("deaf") { $0.discardedBytes == 32 }
            #expect(await host.count("closed", "write-stalled") == 1)
        }
    }

    // MARK: F21, F26

    private static let malformed: [(String, [UInt8], CloseReason)] = [
        ("bad magic", [0x58], .malformedFrame),
        ("HTTP", Array("GET / HTTP/1.1\r\n\r\n".utf8), .malformedFrame),
        ("version 0", [0x45, 0x4D, 0, 2, 0, 1, 0, 0, 5], .malformedFrame),
        ("version 9", [0x45, 0x4D, 9, 2, 0, 1, 0, 0, 5], .malformedFrame),
        ("unknown type", RawFrame.frame(type: 0x7F, payload: [0]).bytes, .malformedFrame),
        ("length 0", [0x45, 0x4D, 1, 2, 0, 0, 0, 0], .malformedFrame),
        ("length 65535", [0x45, 0x4D, 1, 2, 0xFF, 0xFF, 0, 0], .malformedFrame),
        ("reserved bits", [0x45, 0x4D, 1, 2, 0, 1, 0, 1, 5], .malformedFrame),
        ("trailing bytes", RawFrame.frame(type: 2, payload: [5, 5]).bytes, .malformedFrame),
        ("level 101", RawFrame.level(101).bytes, .malformedFrame),
        ("level 255", RawFrame.level(255).bytes, .malformedFrame),
        ("same level", RawFrame.level(100).bytes, .repeatedLevel),
        ("second hello", RawFrame.hello(Manners.polite.hello).bytes, .unexpectedMessage),
        ("receipt for nothing", RawFrame.receipt(7, .reseeded).bytes, .unexpectedMessage),
        ("receipt again", RawFrame.receipt(1, .reseeded).bytes, .unexpectedMessage),
        (
            "outcome 0", RawFrame.frame(type: 4, payload: [0, 0, 0, 1, 0, 0, 0]).bytes,
            .malformedFrame
        ),
        (
            "entropy to the host",
            RawFrame.frame(type: 3, payload: [0, 0, 0, 1, 0, 0, 0, 8, 0xAA]).bytes, .malformedFrame
        ),
        ("status too short", RawFrame.frame(type: 5, payload: [0]).bytes, .malformedFrame),
        (
            "escape in a status",
            RawFrame.frame(type: 5, payload: [0, 0, 1, 0, 1, 0, 0, 1, 0x1B, 0]).bytes,
            .malformedFrame
        ),
        ("heartbeat 2", RawFrame.frame(type: 6, payload: [2]).bytes, .malformedFrame),
    ]

    @Test(arguments: malformed)
    func aBrokenFrameClosesWithAReason(
        _ what: String, _ bytes: [UInt8], _ reason: CloseReason
    ) async throws {
        try await TestHost.run { host in
            let guest = try await host.guest("web1")
            #expect(await guest.block() != nil)
            try await host.until("web1") { $0.servedBytes == 32 }
            try await guest.write(bytes)
            #expect(await guest.ending() == reason)
            #expect(await host.count("closed", "\(reason.label)") == 1)
        }
    }

    @Test(arguments: malformed.prefix(4))
    func aStrangerGetsNoAnswer(
        _ what: String, _ bytes: [UInt8], _ reason: CloseReason
    ) async throws {
        try await TestHost.run { host in
            let guest = try await host.guest("web1", Manners.raw)
            try await guest.write(bytes)
            #expect(await guest.ending() == nil)
            #expect(await host.count("closed", "malformed-frame") == 1)
        }
    }

    @Test func anUnknownSkippableFrameIsSkipped() async throws {
        try await withBystander { host in
            let guest = try await host.guest("new")
            #expect(await guest.block() != nil)
            try await guest.send([.frame(type: 0x80, payload: [UInt8](repeating: 7, count: 8000))])
            try await guest.send([.level(40), .heartbeat])
            try await host.until("new") { $0.level == 40 && $0.isConnected }
        }
    }

    @Test func noVersionInCommonIsToldInWords() async throws {
        try await TestHost.run { host in
            let guest = try await host.guest("future", Manners.raw)
            var hello = Manners.polite.hello
            hello.lowestVersion = 2
            hello.highestVersion = 3
            try await guest.send([.hello(hello)])
            _ = await guest.ending()
            #expect(await host.count("closed", "version-mismatch") == 1)
        }
    }

    // MARK: F22

    @Test func nobodyTakesLongerThanFiveSecondsForTheHandshake() async throws {
        try await TestHost.run { host in
            let guest = try await host.guest("slow", Manners.raw)
            let hello = RawFrame.hello(Manners.polite.hello).bytes
            try await guest.write(Array(hello.prefix(10)))
            try await poll { await host.node.linkTimers == 1 }
            await host.pass(.milliseconds(4999))
            #expect(await host.count("closed", "handshake-timeout") == 0)
            await host.pass(.milliseconds(1))
            #expect(await host.count("closed", "handshake-timeout") == 1)
            _ = await guest.ending()
        }
    }

    @Test func nobodyTakesLongerThanFifteenSecondsForAFrame() async throws {
        try await TestHost.run { host in
            let guest = try await host.guest("slow")
            #expect(await guest.block() != nil)
            try await host.until("slow") { $0.servedBytes == 32 }
            let before = await host.node.deadline(of: host.name("slow"))
            try await guest.write(Array(RawFrame.level(50).bytes.prefix(4)))
            try await poll { await host.node.deadline(of: host.name("slow")) != before }
            await host.pass(.milliseconds(14_999))
            #expect(await host.row("slow")?.isConnected == true)
            await host.pass(.milliseconds(1))
            #expect(await guest.ending() == .frameTimeout)
            #expect(await host.count("closed", "frame-timeout") == 1)
        }
    }

    @Test func silenceEndsAfterFiveMinutes() async throws {
        try await TestHost.run { host in
            let guest = try await host.guest("quiet")
            #expect(await guest.block() != nil)
            try await host.until("quiet") { $0.servedBytes == 32 }
            await host.pass(.seconds(299))
            #expect(await host.row("quiet")?.isConnected == true)
            await host.pass(.seconds(1))
            #expect(await guest.ending() == .silent)
        }
    }

    // MARK: F23

    @Test func tenConnectionsASecondAreTakenFromOneName() async throws {
        try await withBystander { host in
            for _ in 0..<10 { try await host.guest("eager").hangUp() }
            let guest = try await host.guest("eager")
            #expect(await guest.ending() == .tooManyConnections)
            #expect(await host.count("refused", "too-many-connections") == 1)
            await host.pass(.seconds(1))
            let welcome = try await host.guest("eager")
            #expect(await welcome.block() != nil)
        }
    }

    // MARK: F24

    @Test func aFloodIsReadNoFasterThanItMayCome() async throws {
        try await withBystander { host in
            let flood = try await host.guest("flood")
            #expect(await flood.block() != nil)
            // 100,000 messages; the socket buffers hold a few thousand, the rest has to wait.
            let frames = (0..<50_000).flatMap { _ in
                RawFrame.level(7).bytes + RawFrame.level(8).bytes
            }
            flood.channel.writeAndFlush(ByteBuffer(bytes: frames), promise: nil)
            try await poll { await host.count("events", "guest-too-fast") > 0 }
            let polite = try await host.guest("polite")
            #expect(await polite.block() != nil)
            #expect(await host.row("flood")?.isConnected == true)
            #expect(await host.node.linkTimers <= 3)
            #expect(host.log.count("guest talks too much") == 1)
            let tank = await host.node.status().tank
            #expect(tank.delivered + tank.inFlight <= 32 * 20)
            try await flood.hangUp()
        }
    }

    @Test func whoeverAlwaysClaimsToBeNewGetsNoMoreThanHisShare() async throws {
        try await TestHost.run { host in
            let liar = Manners(
                capacity: .max, isReady: false, occasion: .transportReset, levelAfterBlock: nil,
                outcome: .deferred)
            let guest = try await host.guest("liar", liar)
            _ = await guest.block()
            // Whatever it is served first, and what its bucket holds, and not a byte more.
            try await poll {
                await host.pass(.milliseconds(1))
                return await host.row("liar")?.servedBytes ?? 0 >= 512
            }
            for _ in 0..<200 { await host.pass(.milliseconds(1)) }
            let served = await host.row("liar")?.servedBytes ?? 0
            #expect(served <= 512 + 512 + 512)
        }
    }

    @Test func reconnectingRenewsNoPrivilege() async throws {
        try await TestHost.run { host in
            for _ in 0..<60 {
                let liar = Manners(
                    capacity: 512, isReady: false, occasion: .transportReset, outcome: .deferred)
                let guest = try await host.guest("liar", liar)
                // Three hundred milliseconds a round: within the limit on connections.
                await host.pass(.milliseconds(300))
                _ = try await guest.hangUp()
                try await host.until("liar") { !$0.isConnected }
            }
            let row = try #require(await host.row("liar"))
            // 18 s: what is served first, a burst, and 64 bytes a second.
            #expect(row.servedBytes + row.discardedBytes <= 512 + 512 + 512 + 18 * 64 + 512)
        }
    }

    // A block of 32 bytes leaves 480 of the first 512; a pool that claims to be old asks for 512
    // next, and must not be served first for ever with what is left.
    @Test func aSmallBlockFirstBuysNothing() async throws {
        try await TestHost.run { host in
            let liar = Manners(
                capacity: 512, isReady: false, firstLevel: 88, levelAfterBlock: nil,
                outcome: .deferred)
            let guest = try await host.guest("liar", liar)
            #expect(await guest.block()?.count == 32)
            try await guest.announce(0)
            try await poll {
                await host.pass(.milliseconds(1))
                return await host.row("liar")?.servedBytes ?? 0 >= 512
            }
            for _ in 0..<100 { await host.pass(.milliseconds(1)) }
            let served = await host.row("liar")?.servedBytes ?? 0
            #expect(served <= 512 + 512 + 512)
        }
    }

    // MARK: F25

    @Test func aBlockThatNobodyAcknowledgesIsTheOnlyOne() async throws {
        try await withBystander { host in
            let guest = try await host.guest("mute", .silent)
            #expect(await guest.block() != nil)
            await host.pass(.milliseconds(29_999))
            #expect(await host.node.status().tank.inFlight == 32)
            #expect(await host.row("mute")?.note == "waiting for its receipt")
            await host.pass(.milliseconds(1))
            #expect(await guest.ending() == .receiptTimeout)
            #expect(guest.numbers.count == 1)
            #expect(await host.row("mute")?.note == "agent disconnected: receipt-timeout")
            #expect(await host.count("closed", "receipt-timeout") == 1)
        }
    }

    // MARK: F27

    @Test func aLevelThatFlapsIsCountedAndEarnsNothing() async throws {
        try await withBystander { host in
            let guest = try await host.guest("flapper", Manners(levelAfterBlock: nil))
            #expect(await guest.block() != nil)
            for _ in 0..<100 {
                try await guest.send([.level(99), .level(1)])
                await host.pass(.milliseconds(10))
            }
            try await poll { await host.count("events", "flapping") > 0 }
            let served = await host.row("flapper")?.servedBytes ?? 0
            #expect(served <= 512 + 32 + 512 + 64)
            #expect(host.log.count("falls faster") == 1)
        }
    }

    // MARK: F33

    @Test func aKernelThatRefusesIsTriedLessAndLessOften() async throws {
        try await withBystander { host in
            let guest = try await host.guest("broken", Manners(outcome: .failed, errorNumber: 1))
            #expect(await guest.block() != nil)
            try await host.until("broken") { $0.discardedBytes == 32 }
            var blocks = 1
            var pauses: [Int64] = []
            var waited: Int64 = 0
            while pauses.count < 5 {
                let served = await host.count("receipts", "failed")
                if served > blocks {
                    blocks += 1
                    pauses.append(waited)
                    waited = 0
                } else {
                    try await poll { await host.node.inFlight(to: host.name("broken")) == 0 }
                    await host.pass(.milliseconds(500))
                    waited += 500
                    try await poll { await host.node.inFlight(to: host.name("broken")) == 0 }
                }
            }
            #expect(pauses == [1000, 2000, 4000, 8000, 16_000])
            let row = try #require(await host.row("broken"))
            #expect(row.note == "failed: EPERM" && row.seeding == .failed)
            #expect(row.servedBytes == 0 && row.discardedBytes == UInt64(32 * blocks))
        }
    }

    @Test func whatTheGuestThrowsAwayIsNotDelivered() async throws {
        try await withBystander { host in
            let guest = try await host.guest("picky", Manners(outcome: .discarded))
            #expect(await guest.block() != nil)
            try await host.until("picky") { $0.note == "discarded" && $0.discardedBytes == 32 }
        }
    }

    // MARK: One timer a link

    @Test func aTimerThatIsOvertakenIsCancelled() async throws {
        try await TestHost.run { host in
            let guest = try await host.guest("web1")
            #expect(await guest.block() != nil)
            try await host.until("web1") { $0.servedBytes == 32 }
            let late = try #require(await host.node.timer(of: host.name("web1")))
            // A block in flight has a deadline before the one for silence.
            try await guest.behave(.silent)
            await host.node.markForTest(host.name("web1"))
            await #expect(throws: EventLoopError.cancelled) { try await late.get() }
            let early = try #require(await host.node.timer(of: host.name("web1")))
            try await guest.hangUp()
            await #expect(throws: EventLoopError.cancelled) { try await early.get() }
        }
    }
}

extension HostNode {
    func deadline(of name: String) -> Moment? {
        directory.named(name)?.link?.connection.nextDeadline
    }

    func timer(of name: String) -> EventLoopFuture<Void>? {
        directory.named(name)?.link?.timer?.task.futureResult
    }

    func inFlight(to name: String) -> Int {
        directory.named(name)?.link?.connection.bytesInFlight ?? 0
    }
}
