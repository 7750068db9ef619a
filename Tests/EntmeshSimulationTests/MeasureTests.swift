// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import EntmeshNode
import Testing

@testable import EntmeshSimulation

/// The numbers mean what docs/simulation.md says, by hand.
struct MeasureTests {
    private func at(_ seconds: Int64) -> Moment { Moment(nanoseconds: 0) + .seconds(seconds) }

    @Test func jainsIndexIsOneForEvenSharesAndOneNthIfOneHasAll() {
        #expect(jainIndex([5, 5, 5, 5]) == 1)
        #expect(jainIndex([8, 0, 0, 0]) == 0.25)
        // 6^2 / (3 x 14).
        #expect(jainIndex([1, 2, 3]) == 36.0 / 42)
        #expect(jainIndex([]) == 1)
    }

    @Test func aPercentileIsTheNearestRank() {
        #expect(percentile(50, of: [1, 2, 3, 4]) == 2)
        #expect(percentile(99, of: Array(1...100)) == 99)
        #expect(percentile(99, of: [7]) == 7)
        #expect(percentile(50, of: [Int]()) == nil)
    }

    @Test func refillingCountsFromTheEndOfTheLowestLevel() {
        var measures = HostMeasures(refilledAt: 90)
        measures.note(100, now: at(0))
        measures.note(20, now: at(10))
        measures.note(40, now: at(30))
        #expect(measures.fellLow && measures.refill == nil)
        measures.note(90, now: at(50))
        measures.note(95, now: at(60))
        #expect(measures.refill == .seconds(20))
        measures.note(50, now: at(70))
        #expect(measures.refill == .seconds(20))
        measures.note(20, now: at(80))
        #expect(measures.refill == nil)
    }

    @Test func anEmptyTankCountsOnlyWhileTheDaemonRuns() {
        var measures = HostMeasures(refilledAt: 90)
        measures.note(0, now: at(0))
        measures.note(1, now: at(5))
        measures.note(0, now: at(10))
        measures.stop(Ledger(), now: at(12))
        #expect(measures.empty(now: at(100)) == .seconds(7))
        measures.note(0, now: at(200))
        #expect(measures.empty(now: at(203)) == .seconds(10))
    }

    @Test func aGuestStarvesFromOneNoteToTheNext() {
        var measures = GuestMeasures()
        measures.booted = at(3)
        measures.note(isStarving: true, now: at(3))
        measures.note(isStarving: true, now: at(5))
        measures.took(32, now: at(7))
        measures.note(isStarving: false, now: at(7))
        #expect(measures.starved(now: at(50)) == .seconds(4))
        #expect(measures.firstBlock == .seconds(4))
        #expect(measures.bytes == 32)
    }

    @Test func levelsAreCountedByLowestMedianAndHighest() {
        var counts = LevelCounts()
        for level in [100, 3, 50, 0] { counts.add(UInt8(level)) }
        #expect(counts.summary == [0, 3, 100])
        #expect(LevelCounts().summary == [0, 0, 0])
    }

    @Test func whatIsDueAtOnceComesInTheOrderItWasPutDown() {
        var queue = EventQueue()
        for (index, moment) in [5, 1, 5, 3, 1].enumerated() {
            queue.add(Event(kind: .end(.tick), index: Int32(index), life: 0), at: at(Int64(moment)))
        }
        var order: [Int32] = []
        while let event = queue.pop() { order.append(event.index) }
        #expect(order == [1, 4, 3, 0, 2])
    }

    @Test func aPieceIsNewOnceHoweverManyThereAre() {
        var pieces = PieceSet()
        var generator = Generator(seed: 1)
        let drawn = [0] + (0..<20_000).map { _ in generator.next() }
        #expect(drawn.allSatisfy { pieces.insert($0) })
        #expect(drawn.allSatisfy { !pieces.insert($0) })
    }

    @Test func numbersAreRoundedByHand() {
        #expect(decimal(1.25, places: 1) == "1.3")
        #expect(decimal(-0.04, places: 1) == "0.0")
        #expect(decimal(-2.5, places: 2) == "-2.50")
        #expect(decimal(41.6, places: 0) == "42")
    }

    @Test func fewHostsAreToldOneByOneAndManyByGroup() throws {
        let few = try ran(.pair(), duration: 20).levels
        #expect(few.columns.starts(with: ["rich", "poor", "guests lowest"]))
        #expect(few.rows.map(\.seconds) == [0, 10, 20])
        #expect(few.csv.split(separator: "\n").count == 4)
        let many = try Scenario(
            yaml: "hosts: [{name: \"a,b\", count: 13}]\nduration: 1 s", file: "many.yaml")
        #expect(ran(many).levels.columns.starts(with: ["a,b lowest", "a,b median", "a,b highest"]))
        #expect(ran(many).levels.csv.hasPrefix("seconds,\"a,b lowest\""))
    }

    @Test func aPlotHasALineForEachLevelAndEscapesNames() throws {
        let series = try ran(.pair(), duration: 60).levels
        let svg = Plot(series, title: "M1 <-> M2 & K").svg
        #expect(svg.hasPrefix("<svg") && svg.hasSuffix("</svg>\n"))
        #expect(svg.contains("M1 &lt;-&gt; M2 &amp; K"))
        #expect(svg.split(separator: "<polyline").count == 1 + series.levelCount)
    }
}
