// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshCoreTestSupport
import EntmeshNode
import Testing

@testable import EntmeshMesh

@Suite struct TimerQueueTests {
    @Test func whatIsDueComesSoonestFirstAndNothingElseComes() {
        var queue = TimerQueue()
        #expect(queue.next == nil)
        #expect(queue.popDue(.at(1e9)) == nil)
        for (number, seconds) in [(1, 5.0), (2, 3), (3, 8), (4, 1)] as [(UInt64, Double)] {
            queue.add(PeerID(number), at: .at(seconds))
        }
        #expect(queue.next == .at(1))
        #expect(queue.popDue(.at(0.999)) == nil)
        #expect(queue.popDue(.at(5)) == PeerID(4))
        #expect(queue.popDue(.at(5)) == PeerID(2))
        #expect(queue.popDue(.at(5)) == PeerID(1))
        #expect(queue.popDue(.at(5)) == nil)
        #expect(queue.next == .at(8))
    }

    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func itSortsLikeAnArray(seed: UInt64) {
        var random = SplitMix(seed: seed)
        var queue = TimerQueue()
        var model: [(moment: Int64, peer: UInt64)] = []
        for peer in 0..<2000 as Range<UInt64> {
            let moment = Int64.random(in: 0...500, using: &random)
            queue.add(PeerID(peer), at: Moment(nanoseconds: moment))
            model.append((moment, peer))
            guard Bool.random(using: &random) else { continue }
            let now = Int64.random(in: 0...500, using: &random)
            let soonest = model.map(\.moment).min()
            #expect(queue.next?.nanoseconds == soonest)
            let popped = queue.popDue(Moment(nanoseconds: now))
            #expect((popped != nil) == (soonest.map { $0 <= now } ?? false))
            guard let popped else { continue }
            // Of those due at the same moment any may come first.
            let index = model.firstIndex { $0.moment == soonest && $0.peer == popped.number }
            #expect(index != nil)
            model.remove(at: index ?? 0)
        }
    }
}

@Suite struct RoundRobinTests {
    @Test func whoCameFirstIsFirst() {
        var queue = RoundRobin()
        #expect(queue.first == nil)
        for number in 1...3 as ClosedRange<UInt64> { queue.append(PeerID(number)) }
        #expect(queue.first == PeerID(1))
        queue.remove(PeerID(1))
        queue.append(PeerID(1))
        var all: [PeerID] = []
        queue.removeAll(into: &all)
        #expect(all == [PeerID(2), PeerID(3), PeerID(1)])
        #expect(queue.first == nil)
    }

    @Test func takingOutWhoIsNotThereDoesNothing() {
        var queue = RoundRobin()
        queue.remove(PeerID(1))
        queue.append(PeerID(2))
        queue.remove(PeerID(1))
        #expect(queue.first == PeerID(2))
    }

    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func itBehavesLikeAnArray(seed: UInt64) {
        var random = SplitMix(seed: seed)
        var queue = RoundRobin()
        var model: [PeerID] = []
        for _ in 0..<5000 {
            let peer = PeerID(UInt64.random(in: 0..<20, using: &random))
            if model.contains(peer) || Int.random(in: 0..<5, using: &random) == 0 {
                queue.remove(peer)
                model.removeAll { $0 == peer }
            } else {
                queue.append(peer)
                model.append(peer)
            }
            #expect(queue.first == model.first)
        }
        var all: [PeerID] = []
        queue.removeAll(into: &all)
        #expect(all == model)
        #expect(footprint(queue) == 0)
    }
}

@Suite struct LevelWatchTests {
    private static func level(_ percent: Int) -> FillLevel { .percent(percent) }

    @Test func aStepConcernsThoseWhoseLevelItReachesAndNobodyElse() {
        var watch = LevelWatch()
        watch.add(PeerID(1), at: .rise(to: 50))
        watch.add(PeerID(2), at: .rise(to: 51))
        watch.add(PeerID(3), at: .fall(to: 49))
        watch.add(PeerID(4), at: .fall(to: 48))
        watch.add(PeerID(5), at: .rise(to: 49))
        watch.add(PeerID(6), at: .fall(to: 50))
        #expect(watch.takeCrossed(from: Self.level(50), to: Self.level(49)) == [PeerID(3)])
        #expect(watch.takeCrossed(from: Self.level(49), to: Self.level(50)) == [PeerID(1)])
        #expect(watch.takeCrossed(from: Self.level(50), to: Self.level(100)) == [PeerID(2)])
        watch.remove(PeerID(6), at: .fall(to: 50))
        #expect(watch.takeCrossed(from: Self.level(100), to: .empty) == [PeerID(4)])
        #expect(watch.takeCrossed(from: .empty, to: Self.level(100)) == [PeerID(5)])
        #expect(footprint(watch) == 2 * 101)
    }

    @Test func whoWasTakenOutIsNotConcerned() {
        var watch = LevelWatch()
        watch.add(PeerID(1), at: .rise(to: 50))
        watch.add(PeerID(2), at: .fall(to: 10))
        watch.remove(PeerID(1), at: .rise(to: 50))
        watch.remove(PeerID(2), at: .fall(to: 10))
        #expect(watch.takeCrossed(from: .empty, to: .full).isEmpty)
        #expect(watch.takeCrossed(from: .full, to: .empty).isEmpty)
    }

    @Test func anEmptyTankDoesNotTurnOverThoseWhoWaitForIt() {
        var watch = LevelWatch()
        watch.add(PeerID(1), at: .fall(to: 0))
        #expect(watch.takeCrossed(from: Self.level(1), to: .empty).isEmpty)
        #expect(watch.takeCrossed(from: .empty, to: Self.level(1)).isEmpty)
    }
}
