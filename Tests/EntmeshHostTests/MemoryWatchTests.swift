// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshControl
import EntmeshNode
import EntmeshTestSupport
import Foundation
import Testing

@testable import EntmeshHost

/// F18: this host's memory may exist a second time, so nothing of it may be delivered.
@Suite(.timeLimit(.minutes(5)))
struct MemoryWatchTests {
    /// Replaces the file at `path`, as an agent does after a restore.
    private static func replace(_ path: String, _ text: String) throws {
        try text.write(toFile: path + ".new", atomically: false, encoding: .utf8)
        try #require(rename(path + ".new", path) == 0)
    }

    @Test func theGenerationFileOfAnAgentAboveWipesTheTankBeforeTheNextDelivery() async throws {
        let watches: Configure = { $0.generationPath = $1.path("generation") }
        try await TestHost.run(configure: watches) { host in
            let guest = try await host.guest("web1")
            #expect(await guest.block() != nil)
            try await host.until("web1") { $0.servedBytes == 32 }
            for count in 1...3 {
                try await host.until { $0.tank.capacity - $0.tank.resident < 64 }
                let before = await host.node.status().tank
                let lastMade = host.feed.lastNumber
                let known = guest.numbers.count
                // It appears, and is replaced.
                try Self.replace(host.directory.path("generation"), "\(count) 00\n")
                try await guest.goStale()
                #expect(await guest.block() != nil)
                #expect(guest.numbers[known...].allSatisfy { $0 > lastMade })
                #expect(await host.count("events", "host-restored") == UInt64(count))
                #expect(host.feed.startOvers == count)
                let after = await host.node.status().tank
                #expect(after.discarded >= before.discarded + UInt64(before.resident))
                try await host.until("web1") { $0.note.hasPrefix("host restored, reseeded") }
            }
        }
    }

    @Test func aFileThatWasThereBeforeOrGoesAwayIsNoSign() async throws {
        let watches: Configure = { configuration, directory in
            configuration.generationPath = directory.path("generation")
            try? Self.replace(directory.path("generation"), "1 00\n")
        }
        try await TestHost.run(configure: watches) { host in
            let guest = try await host.guest("web1")
            #expect(await guest.block() != nil)
            unlink(host.directory.path("generation"))
            try await guest.goStale()
            #expect(await guest.block() != nil)
            #expect(await host.count("events", "host-restored") == 0)
        }
    }

    // MARK: NEW_VMGENID

    private static func message(_ strings: String...) -> [UInt8] {
        strings.flatMap { Array($0.utf8) + [0] }
    }

    @Test(arguments: [
        (message("change@/devices/x", "ACTION=change", "NEW_VMGENID=1", "SEQNUM=9"), true),
        (message("NEW_VMGENID=1"), true), (Array("NEW_VMGENID=1".utf8), true),
        (message("change@/devices/x", "ACTION=change"), false),
        (message("NEW_VMGENID=10"), false), (message("XNEW_VMGENID=1"), false),
        (message("NEW_VMGENID=0"), false), ([], false), ([0], false), ([0, 0, 0], false),
    ])
    func theKernelsWordIsUnderstood(_ message: [UInt8], _ isNew: Bool) {
        #expect(message.withUnsafeBytes { UeventSocket.saysNewGeneration($0) } == isNew)
    }

    @Test func messagesAreTakenFromTheSocketWithoutWaiting() throws {
        var ends: [Int32] = [0, 0]
        try #require(socketpair(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0, &ends) == 0)
        defer { close(ends[1]) }
        let socket = UeventSocket(descriptor: ends[0])
        #expect(!socket.tookNewGeneration())
        for text in [Self.message("add@/x"), Self.message("change@/x", "NEW_VMGENID=1")] {
            #expect(send(ends[1], text, text.count, 0) == text.count)
        }
        var watch = MemoryWatch(generationPath: nil, uevents: socket)
        let now = Moment(nanoseconds: 5)
        #expect(watch.look(now: now, bootTime: now) == .newGeneration)
        #expect(watch.look(now: now, bootTime: now) == nil)
    }

    @Test func theKernelIsListenedToWhereItCanHaveSomethingToSay() {
        // On a machine without the device there is no socket; on one with it, no word of it so far.
        #expect(UeventSocket()?.tookNewGeneration() != true)
    }

    @Test func aBlockThatWasUnderWayIsNotDeposited() async throws {
        let watches: Configure = { $0.generationPath = $1.path("generation") }
        let feed = TestFeed(budget: 0)
        try await TestHost.run(feed: feed, isFull: false, configure: watches) { host in
            try Self.replace(host.directory.path("generation"), "1 00\n")
            try await poll { feed.isStarted }
            // Made before it started over, and delivered after.
            feed.deliverStale()
            try await host.until { $0.counters.contains { $0.reason == "host-restored" } }
            #expect(await host.node.status().tank.received == 0)
            feed.addToBudget(64)
            try await host.until { $0.tank.received == 64 }
        }
    }
}
