// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshNode
import Testing

@Suite("Moments and spans")
struct MomentTests {
    private let start = Moment(nanoseconds: .min)
    private let end = Moment(nanoseconds: .max)
    private let zero = Moment(nanoseconds: 0)

    @Test("a moment moves by a span, and the difference gives the span back")
    func arithmetic() {
        let later = zero + .seconds(5)
        #expect(later.nanoseconds == 5_000_000_000)
        #expect(later - zero == .seconds(5))
        #expect(zero - later == .seconds(-5))
        #expect(zero < later)
        #expect(.milliseconds(4999) < later - zero)
    }

    @Test("adding saturates at either end of time")
    func additionSaturates() {
        #expect(end + .seconds(1) == end)
        #expect(end + .seconds(-1) < end)
        #expect(start + .seconds(-1) == start)
        #expect(end + TimeSpan(nanoseconds: 0) == end)
    }

    @Test("subtracting saturates with the sign of the true difference")
    func subtractionSaturates() {
        #expect(end - start == TimeSpan(nanoseconds: .max))
        #expect(start - end == TimeSpan(nanoseconds: .min))
        #expect(start - (zero + .seconds(1)) == TimeSpan(nanoseconds: .min))
        #expect(end - (zero + .seconds(-1)) == TimeSpan(nanoseconds: .max))
        #expect(start - start == TimeSpan(nanoseconds: 0))
    }

    @Test("a span of too many seconds saturates with its sign")
    func spansSaturate() {
        #expect(TimeSpan.seconds(.max).nanoseconds == .max)
        #expect(TimeSpan.seconds(.min).nanoseconds == .min)
        #expect(TimeSpan.milliseconds(.max).nanoseconds == .max)
        #expect(TimeSpan.milliseconds(.min).nanoseconds == .min)
        #expect(TimeSpan.milliseconds(1500).wholeSeconds == 1)
        #expect(TimeSpan.seconds(300).wholeSeconds == 300)
    }
}
