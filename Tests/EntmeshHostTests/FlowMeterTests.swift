// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshNode
import Testing

@testable import EntmeshHost

@Suite struct FlowMeterTests {
    private static func moment(_ seconds: Int64) -> Moment {
        Moment(nanoseconds: 0) + .seconds(seconds)
    }

    @Test func aSteadyFlowIsWhatItIsFromTheBeginningOn() {
        var meter = FlowMeter()
        #expect(meter.bytesPerSecond(at: Self.moment(0)) == 0)
        for second in 0..<3600 as Range<Int64> {
            meter.add(40, at: Self.moment(second))
            guard second > 20 else { continue }
            #expect(abs(meter.bytesPerSecond(at: Self.moment(second)) - 40) < 3)
        }
    }

    @Test func whatFlowedLongAgoIsForgotten() {
        var meter = FlowMeter()
        for second in 0..<600 as Range<Int64> { meter.add(40, at: Self.moment(second)) }
        #expect(meter.bytesPerSecond(at: Self.moment(600 + 300)) < 20)
        #expect(meter.bytesPerSecond(at: Self.moment(600 + 3600)) < 0.01)
    }

    @Test func aClockThatStandsStillIsNoReasonToDivideByZero() {
        var meter = FlowMeter()
        meter.add(32, at: Self.moment(7))
        #expect(meter.bytesPerSecond(at: Self.moment(7)).isFinite)
    }
}
