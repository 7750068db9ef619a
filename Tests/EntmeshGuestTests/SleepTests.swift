// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import EntmeshCoreTestSupport
import EntmeshLinux
import EntmeshNode
import Testing

@testable import EntmeshGuest

/// F19: the guest is suspended for a night. CLOCK_BOOTTIME goes on, CLOCK_MONOTONIC does not.
@Suite struct SleepTests {
    private let night = TimeSpan.seconds(8 * 3600)

    @Test func afterANightThePoolIsStaleAndThatIsNoEvidenceOfAClone() {
        let pair = Pair()
        pair.connect()
        pair.feed()
        let heardBefore = pair.heard.count
        pair.sleep(night)
        // It wakes at once, and says so; nothing else is due.
        #expect(pair.deadline.map { $0 <= pair.now } == true)
        pair.tick()
        #expect(Array(pair.heard.dropFirst(heardBefore)) == [.level(0)])
        #expect(pair.step == .exchange)
        pair.feed()
        #expect(pair.levels == [0, 100, 0, 100])
        #expect(pair.lastReceipt == .reseeded)
        #expect(pair.generations == 0)
        // It stays where it is, and the host need not wonder.
        #expect(pair.hello?.occasion == .start)
        #expect(pair.news == [.connected, .fed(.reseeded)])
    }

    @Test func aNightDoesNotShortenAPauseBetweenDials() {
        let pair = Pair()
        pair.connect()
        pair.end(.endOfStream)
        let due = pair.deadline
        pair.sleep(night)
        pair.tick()
        #expect(pair.step == .rest)
        #expect(pair.deadline == due)
    }

    @Test func aNightInTheMiddleOfTheHandshakeEndsNothing() {
        let pair = Pair()
        pair.connectSilently()
        pair.sleep(night)
        pair.tick()
        #expect(pair.step == .exchange)
        #expect(pair.news.isEmpty)
    }
}
