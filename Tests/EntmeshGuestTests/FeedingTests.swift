// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import EntmeshCoreTestSupport
import EntmeshLinux
import EntmeshNode
import Testing

@testable import EntmeshGuest

@Suite struct FeedingTests {
    private var mixing: GuestSettings {
        var settings = GuestSettings()
        settings.mode = .mix
        return settings
    }

    @Test func theAgentIntroducesItselfAndSaysZeroFirst() {
        let pair = Pair()
        pair.connect()
        #expect(pair.hello?.kind == .pool)
        #expect(pair.hello?.capacity == 32)
        #expect(pair.hello?.sends == false)
        #expect(pair.hello?.accepts == .credit)
        #expect(pair.hello?.isReady == true)
        #expect(pair.hello?.occasion == .start)
        #expect(pair.hello?.agentVersion == PrintableText("entmesh-guest 0.1.0"))
        #expect(pair.levels == [0])
        #expect(pair.news == [.connected])
    }

    @Test func theLevelAndTheReceiptGoOutInOneWrite() {
        let pair = Pair()
        pair.connect()
        pair.feed()
        #expect(pair.writes.last == [.level(100), .receipt(1, .reseeded, 0)])
        #expect(pair.news.last == .fed(.reseeded))
    }

    @Test func aFreshGuestIsSeeded() {
        let pair = Pair(.modern(isReady: false))
        pair.connect()
        #expect(pair.hello?.isReady == false)
        pair.feed()
        #expect(pair.writes.last?.prefix(2) == [.level(100), .receipt(1, .seeded, 0)])
    }

    @Test func unsolicitedBlocksAreInjectedAndAcknowledged() {
        let pair = Pair()
        pair.connect()
        pair.feed()
        pair.feed()
        #expect(pair.writes.last == [.receipt(2, .reseeded, 0)])
        #expect(pair.kernel.added.count == 2)
    }

    @Test func everyConnectionStartsAtZero() {
        let pair = Pair()
        pair.connect()
        pair.feed()
        pair.end(.endOfStream)
        pair.connect()
        #expect(pair.levels == [0, 100, 0])
        #expect(pair.hello?.occasion == .peerEnded)
    }

    @Test func aDayOfAGenerousHostKeepsTheLevelHighInFewWakes() {
        let pair = Pair()
        pair.connect()
        pair.feed()
        pair.wakes = 0
        pair.pass(.seconds(86_400)) {
            if pair.levels.last == 90 {
                pair.wakes += 1  // The block wakes it too.
                pair.feed()
            }
        }
        #expect(Set(pair.levels.dropFirst()) == [90, 100])
        #expect(pair.wakes <= 3 * 1440)
        #expect(pair.kernel.added.count > 1000)
    }

    @Test func withoutAHostThatGivesTheLevelFallsByTens() {
        let pair = Pair()
        pair.connect()
        pair.feed()
        pair.wakes = 0
        pair.pass(.seconds(600))
        #expect(pair.levels == [0, 100, 90, 80, 70, 60, 50, 40, 30, 20, 10, 0])
        // Eleven falls and a heartbeat every two minutes.
        #expect(pair.wakes <= 30)
        pair.pass(.seconds(3600))
        #expect(pair.levels.last == 0)
        #expect(pair.levels.count == 12)
    }

    @Test func aRefusalIsReportedOnceAndTheConnectionStays() {
        let pair = Pair()
        pair.kernel.addError = .notPermitted
        pair.connect()
        pair.feed()
        pair.feed()
        #expect(pair.heard.contains(.receipt(1, .failed, 1)))
        #expect(pair.heard.contains(.receipt(2, .failed, 1)))
        #expect(pair.news == [.connected, .refused(.notPermitted)])
        #expect(pair.step == .exchange)
        pair.kernel.addError = nil
        pair.feed()
        #expect(pair.lastReceipt == .reseeded)
        #expect(pair.levels == [0, 100])
    }

    @Test func theStatusFollowsAChangeAMinuteLater() {
        let pair = Pair()
        pair.connect()
        #expect(statuses(pair).map(\.lastError) == [0])
        pair.kernel.addError = .invalidArgument
        pair.feed()
        #expect(statuses(pair).count == 1)
        pair.pass(.seconds(61))
        #expect(statuses(pair).map(\.lastError) == [0, 22])
        pair.pass(.seconds(600))
        #expect(statuses(pair).count == 2)
    }

    private func statuses(_ pair: Pair) -> [PoolStatus] {
        pair.heard.compactMap { if case .status(let status) = $0 { status } else { nil } }
    }

    @Test func mixingIsAlwaysMixedAndHasALevelOfItsOwn() {
        let pair = Pair(.modern(isReady: false), settings: mixing)
        pair.connect()
        #expect(pair.hello?.accepts == .mix)
        pair.feed()
        #expect(pair.lastReceipt == .mixed)
        #expect(pair.levels == [0, 100])
        #expect(pair.kernel.added.map(\.bits) == [0])
        pair.pass(.seconds(600))
        #expect(pair.levels.last == 0)
    }

    @Test func anOldPoolsCountHoldsItsLevelDown() {
        let pair = Pair(.old(count: 600))
        pair.connect()
        #expect(pair.hello?.capacity == 512)
        pair.feed(512)
        #expect(pair.lastReceipt == .reseeded)
        let level = pair.levels.last ?? 0
        #expect((1...99).contains(level))
        // The count falls unseen; a look a minute finds it.
        pair.kernel.count = 100
        pair.pass(.seconds(60))
        #expect(pair.levels.last == 3)
    }

    @Test func anOldPoolBefore511IsDeferredNotReseeded() {
        let kernel = FakeKernel.old(count: 3000)
        kernel.reseedTakes = false
        let pair = Pair(kernel)
        pair.connect()
        pair.feed(512)
        #expect(pair.lastReceipt == .deferred)
        #expect(pair.levels.last == 100)
    }

    @Test func aShortHorizonFallsFaster() {
        var settings = GuestSettings()
        settings.horizon = .seconds(10)
        let pair = Pair(settings: settings)
        pair.connect()
        pair.feed()
        pair.pass(.seconds(10))
        #expect(pair.levels.last == 0)
    }

    @Test func aSmallBlockDoesNotRaiseTheLevel() {
        let pair = Pair()
        pair.connect()
        pair.feed(16)
        #expect(pair.lastReceipt == .reseeded)
        #expect(pair.levels == [0])
    }
}
