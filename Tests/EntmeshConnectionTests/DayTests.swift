// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import EntmeshNode
import Testing

/// A guest whose pool ages and its host at one fixed level, for as long as a test likes.
private struct Day: ~Copyable {
    private var pair: Pair
    private var freshness = Freshness()
    private var peer = Peer(hello: .guest)
    private let hostLevel: FillLevel
    private var seen = (left: 0, right: 0)
    /// When each block was sent.
    private(set) var blocks: [Moment] = []

    init(hostLevel: FillLevel) {
        self.hostLevel = hostLevel
        pair = Pair.guestAndHost()
        pair.left.levelAfterBlock = .full
        pair.left.answer = { Receipt(sequence: $0, outcome: .reseeded) }
        freshness.connectionBegan()
        announceIfDue()
        settle()
    }

    var guestEvents: [Event] { pair.left.events }
    var hostEvents: [Event] { pair.right.events }
    var areBothOpen: Bool { pair.left.connection.isOpen && pair.right.connection.isOpen }

    /// Lives until `end`, waking the guest only when its level is worth announcing.
    mutating func live(until end: Moment) {
        while let wake = nextFall, wake <= end {
            pair.advance(to: wake)
            let heard = pair.right.events.count
            announceIfDue()
            settle()
            // Woken for nothing: live no longer, and let the test see how little was done.
            if pair.right.events.count == heard { return }
        }
        pair.advance(to: end)
    }

    private var nextFall: Moment? {
        guard let announced = pair.left.connection.announcedLevel, announced > .empty else {
            return nil
        }
        return freshness.falls(to: UInt8(max(0, Int(announced.percent) - Wire.announcedFall)))
    }

    private mutating func announceIfDue() {
        let level = freshness.level(bootTime: pair.now)
        if LevelAnnouncer.isDue(level, last: pair.left.connection.announcedLevel, cause: .fall) {
            pair.left.connection.announce(level, into: &pair.left.wire)
        }
    }

    private mutating func settle() {
        while true {
            pair.run()
            let isQuiet = seen == (pair.left.events.count, pair.right.events.count)
            if isQuiet { return }
            for event in pair.left.events[seen.left...] {
                if case .transfer = event { freshness.injected(bootTime: pair.now) }
            }
            for event in pair.right.events[seen.right...] {
                react(to: event)
            }
            seen = (pair.left.events.count, pair.right.events.count)
        }
    }

    private mutating func react(to event: Event) {
        switch event {
        case .level(let percent): peer.received(.of(percent))
        case .receipt(_, let byteCount): peer.acknowledged(byteCount: byteCount, delivered: true)
        case .opened, .transfer, .status, .closed: return
        }
        peer.compare(own: hostLevel, ownKind: .buffer)
        guard peer.isRequesting, pair.right.connection.maySend else { return }
        let size = peer.nextBlock(own: hostLevel, ownCapacity: 1 << 20)
        guard size > 0,
            pair.right.connection.send(
                Entropy(size, of: 1), now: pair.now, into: &pair.right.wire) != nil
        else { return }
        peer.sent(byteCount: size)
        blocks.append(pair.now)
    }
}

@Suite("A day in the life of a guest")
struct DayTests {
    /// How many seconds lie between two blocks at each level of the host: from a full host about a
    /// minute, from a half-full one six, from an almost empty one only when wholly stale.
    private static let rations: [(hostLevel: UInt8, seconds: ClosedRange<Double>)] = [
        (100, 50...120), (99, 50...120), (80, 120...240), (50, 340...380), (10, 600...600),
        (3, 600...600), (1, 600...600),
    ]

    @Test("it is fed the more often the fuller its host is, on one connection", arguments: rations)
    func rationed(hostLevel: UInt8, seconds: ClosedRange<Double>) {
        var day = Day(hostLevel: .of(hostLevel))
        day.live(until: .start + .seconds(86_400))
        let isOpen = day.areBothOpen
        #expect(isOpen)

        let blocks = day.blocks
        #expect(blocks.first == .start, "a fresh guest is fed at once")
        for (earlier, later) in zip(blocks, blocks.dropFirst()) {
            let gap = Double((later - earlier).nanoseconds) / 1e9
            #expect(seconds.contains(gap.rounded()), "\(gap) s between two blocks")
        }
        #expect(Double(blocks.count) >= 86_400 / seconds.upperBound - 1)

        let opened = day.hostEvents.filter { if case .opened = $0 { true } else { false } }
        #expect(opened.count == 1)
        let levels = day.hostEvents.compactMap {
            if case .level(let level) = $0 { level } else { nil }
        }
        #expect(!zip(levels, levels.dropFirst()).contains(where: ==))
        #expect(levels.prefix(2) == [0, 100])
        let receipts = day.hostEvents.filter { if case .receipt = $0 { true } else { false } }
        #expect(receipts.count == blocks.count)
    }

    @Test("an empty host sends nothing, and the guest stays, at level 0, on its connection")
    func emptyHost() {
        var day = Day(hostLevel: .empty)
        day.live(until: .start + .seconds(86_400))
        let (isOpen, blocks) = (day.areBothOpen, day.blocks)
        #expect(isOpen)
        #expect(blocks.isEmpty)
        let events = day.hostEvents
        #expect(events == [.opened(.guest), .level(0)])
    }
}
