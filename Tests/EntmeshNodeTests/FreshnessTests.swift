// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshNode
import Testing

@Suite("Freshness")
struct FreshnessTests {
    static let horizons: [TimeSpan] = [
        .seconds(1), .seconds(10), .seconds(600), .seconds(86400), .milliseconds(1),
        TimeSpan(nanoseconds: 1), TimeSpan(nanoseconds: 7), TimeSpan(nanoseconds: 99),
        TimeSpan(nanoseconds: 101), TimeSpan(nanoseconds: 600_000_000_099),
    ]

    @Test("is 0 until an injection on the live connection, whatever came before")
    func provenByConnection() {
        var freshness = Freshness()
        let birth = Moment(nanoseconds: 0)
        #expect(freshness.horizon == .seconds(600))
        #expect(freshness.level(bootTime: birth) == .empty)
        #expect(freshness.falls(to: 0) == nil)
        freshness.injected(bootTime: birth)
        #expect(freshness.level(bootTime: birth) == .full)
        freshness.connectionBegan()
        #expect(freshness.level(bootTime: birth) == .empty)
        #expect(freshness.falls(to: 90) == nil)
        #expect(freshness.restored == birth)
        freshness.injected(bootTime: birth + .seconds(1))
        #expect(freshness.level(bootTime: birth + .seconds(1)) == .full)
    }

    @Test("falls in a straight line from 100 to 0 over the horizon")
    func straightLine() {
        var freshness = Freshness(horizon: .seconds(600))
        let birth = Moment(nanoseconds: 1_000)
        freshness.injected(bootTime: birth)
        for (age, percent) in [(0, 100), (1, 99), (6, 99), (300, 50), (594, 1), (599, 1), (600, 0)]
        {
            let level = freshness.level(bootTime: birth + .seconds(Int64(age)))
            #expect(level.percent == UInt8(percent), "at \(age) s")
        }
        #expect(freshness.level(bootTime: Moment(nanoseconds: .max)) == .empty)
        #expect(freshness.level(bootTime: birth + .seconds(-60)) == .full, "clock set back")
    }

    @Test(
        "says the first moment at which the level has fallen to a percentage", arguments: horizons)
    func fallsExactly(horizon: TimeSpan) throws {
        var freshness = Freshness(horizon: horizon)
        let birth = Moment(nanoseconds: 123_456_789)
        freshness.injected(bootTime: birth)
        for percent in UInt8(0)...99 {
            let moment = try #require(freshness.falls(to: percent))
            let before = moment + TimeSpan(nanoseconds: -1)
            #expect(freshness.level(bootTime: moment).percent <= percent)
            #expect(freshness.level(bootTime: before).percent > percent, "\(percent)")
        }
    }

    @Test(
        "is at or below 100 from the injection on, without overflow",
        arguments: [100, 101, 255] as [UInt8])
    func fallsToFull(percent: UInt8) {
        var freshness = Freshness(horizon: TimeSpan(nanoseconds: .max))
        freshness.injected(bootTime: Moment(nanoseconds: 5))
        #expect(freshness.falls(to: percent) == Moment(nanoseconds: 5))
    }

    @Test("an earlier injection is forgotten for the later one")
    func restoredAgain() {
        var freshness = Freshness(horizon: .seconds(10))
        let birth = Moment(nanoseconds: 0)
        freshness.injected(bootTime: birth)
        freshness.injected(bootTime: birth + .seconds(5))
        #expect(freshness.level(bootTime: birth + .seconds(10)).percent == 50)
        #expect(freshness.falls(to: 0) == birth + .seconds(15))
    }
}
