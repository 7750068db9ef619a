// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import EntmeshControl
import EntmeshNode
import EntmeshTestSupport
import Foundation
import Synchronization
import Testing

@testable import EntmeshHost

/// The daemon stopped in the middle of everything, and under a storm of connections.
extension DaemonTests {
    // MARK: F61

    // Three seconds; the nested hypervisor stops it for a minute.
    @Test func whatCameWhileItWasStoppedIsTakenInAndEarnsNoBurst() async throws {
        let clock = ContinuousClock()
        let daemon = try await Daemon(guests: 2)
        try await daemon.ready()
        let start = clock.now
        let greedy = try await daemon.guest(0, Manners(levelAfterBlock: nil))
        let waiting = try await daemon.guest(1, .silent)
        #expect(await greedy.block() != nil)
        #expect(await waiting.block() != nil)
        daemon.child.signal(SIGSTOP)
        try await poll { daemon.child.state == "T" }
        try await waiting.acknowledge(1, .reseeded)
        try await waiting.send([.heartbeat])
        try await greedy.send([.heartbeat])
        try await Task.sleep(for: .seconds(3))
        daemon.child.signal(SIGCONT)
        // It is still at 0 and its receipt was taken in: so it gets another block.
        #expect(await waiting.block() != nil)
        try await waiting.acknowledge(2, .reseeded)
        try await poll { try await daemon.row(1)?.servedBytes == 64 }
        // A first block, a bucket of 512 bytes, and 64 a second.
        let served = try #require(try await daemon.row(0)).servedBytes
        let seconds = UInt64((clock.now - start).components.seconds + 1)
        #expect(served <= 32 + 512 + 64 * seconds)
        let status = try await daemon.status()
        #expect(status.guestsConnected == 2)
        #expect(!status.counters.contains { $0.name == "closed" })
        try await daemon.finish()
    }

    // MARK: F23

    @Test func tenThousandDialsOfOneGuestHoldNobodyElseUp() async throws {
        let daemon = try await Daemon(guests: 2, options: ["--log-level", "error"])
        try await daemon.ready()
        let polite = try await daemon.guest(1)
        #expect(await polite.block() != nil)
        let descriptors = daemon.child.descriptors
        let storm = DialStorm(daemon.directory.path("g0"))
        storm.begin()
        try await poll { storm.answered >= 100 }
        for _ in 0..<10 {
            try await polite.goStale()
            #expect(await polite.block() != nil)
        }
        // All that it asked for came while the storm went on: it lasts until it is told to end.
        await storm.end()
        #expect(storm.answered >= DialStorm.dials)
        #expect(storm.greeted > 0)
        try await poll { try await daemon.status().guestsConnected == 1 }
        let refused = try await daemon.status().counters.filter { $0.name == "refused" }
        #expect(refused.map(\.reason) == ["too-many-connections"])
        #expect(refused.first?.count == UInt64(storm.answered - storm.greeted))
        try await poll { daemon.child.descriptors <= descriptors }
        try await polite.goStale()
        #expect(await polite.block() != nil)
        try await daemon.finish()
    }
}

extension Daemon {
    /// The row of the guest `g<number>`.
    fileprivate func row(_ number: Int) async throws -> GuestRow? {
        let (_, body) = try await ControlDialogue.send(control, "GET", ControlAPI.guestsPath)
        let list = try JSONDecoder().decode(GuestList.self, from: Data(body.utf8))
        return list.guests.first { $0.name == "g\(number)" }
    }
}

/// Two threads that dial one socket as fast as they are answered, 10,000 times at least and until
/// they are told to end.
private final class DialStorm: Sendable {
    static let dials = 10_000
    private static let threads = 2

    private struct Counts {
        var begun = 0
        var isToEnd = false
        var answered = 0
        var greeted = 0
    }

    private let path: String
    private let counts = Mutex(Counts())
    private let ends: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init(_ path: String) {
        self.path = path
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        ends = stream
        self.continuation = continuation
    }

    /// How many dials got an answer, and how many of them a hello.
    var answered: Int { counts.withLock { $0.answered } }
    var greeted: Int { counts.withLock { $0.greeted } }

    func begin() {
        for _ in 0..<Self.threads {
            Thread.detachNewThread { self.dialOnAndOn() }
        }
    }

    /// Ends it once it was long enough, and awaits that.
    func end() async {
        counts.withLock { $0.isToEnd = true }
        var ended = 0
        for await _ in ends {
            ended += 1
            if ended == Self.threads { return }
        }
    }

    private func dialOnAndOn() {
        while claimsOneMore() {
            guard let descriptor = dialled(path) else { continue }
            let isWelcome = isGreeted(on: descriptor)
            close(descriptor)
            counts.withLock {
                $0.answered += 1
                $0.greeted += isWelcome ? 1 : 0
            }
        }
        continuation.yield()
    }

    private func claimsOneMore() -> Bool {
        counts.withLock { counts in
            guard counts.begun < Self.dials || !counts.isToEnd else { return false }
            counts.begun += 1
            return true
        }
    }
}
