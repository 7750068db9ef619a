// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshNode
import EntmeshThreads
import Glibc
import Testing

@testable import EntmeshSources

@Suite struct RunnerPartsTests {
    @Test func theBackOffDoublesUpToItsLimit() {
        var backOff = BackOff(first: .seconds(1), most: .seconds(60))
        let spans = (0..<8).map { _ in backOff.lengthen().wholeSeconds }
        #expect(spans == [1, 2, 4, 8, 16, 32, 60, 60])
        backOff.reset()
        #expect(backOff.lengthen() == .seconds(1))
    }

    @Test func aBackOffBeyondTimeStaysAtItsLimit() {
        var backOff = BackOff(
            first: TimeSpan(nanoseconds: .max - 1), most: TimeSpan(nanoseconds: .max))
        _ = backOff.lengthen()
        #expect(backOff.lengthen() == TimeSpan(nanoseconds: .max))
    }

    @Test func theRateIsOfTheTimeAtWork() {
        var meter = RateMeter()
        #expect(meter.bytesPerSecond == 0)
        meter.book(64, in: .milliseconds(500))
        #expect(meter.bytesPerSecond == 128)
        for _ in 0..<200 { meter.book(1000, in: .seconds(1)) }
        #expect(abs(meter.bytesPerSecond - 1000) < 1)
    }

    @Test func theDaemonsLimitsAreThoseOfTheDesign() {
        let limits = SourceLimits()
        #expect(limits.slowSpan == .seconds(1))
        #expect(limits.stallSpan == .seconds(5))
        #expect(limits.firstBackOff == .seconds(1))
        #expect(limits.longestBackOff == .seconds(60))
    }

    @Test func statesAreSaidInWords() {
        let states: [SourceState] = [
            .starting, .healthy, .degraded("slow"), .unavailable("gone"), .unsupported("none"),
            .stalled, .quarantined("odd"), .failed("stuck"), .stopped,
        ]
        #expect(
            states.map(\.description) == [
                "starting", "healthy", "degraded: slow", "unavailable: gone", "unsupported: none",
                "stalled", "quarantined: odd", "failed: stuck", "stopped",
            ])
        #expect(
            states.map(\.isOff)
                == [false, false, false, false, true, false, false, true, true])
    }

    @Test func aWaitThatTimesOutLooksAgain() {
        let monitor = Monitor(0)
        let deadline = Moment.monotonic + .milliseconds(1)
        let looks = monitor.wait { looks in
            looks += 1
            return Moment.monotonic < deadline
                ? .waitUntil(nanoseconds: deadline.nanoseconds) : .done(looks)
        }
        #expect(looks >= 2)
    }
}
