// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshNode
import Testing

@testable import EntmeshHost

@Suite struct SuspendWatchTests {
    private func moment(_ milliseconds: Int64) -> Moment {
        Moment(nanoseconds: milliseconds * 1_000_000)
    }

    @Test func timeThatPassesOnBothClocksIsNoSleep() {
        var watch = SuspendWatch()
        for step in 0..<10 as Range<Int64> {
            let now = moment(step * 100_000)
            let slept = watch.hasSlept(now: now, bootTime: now + .seconds(5000))
            #expect(!slept)
        }
    }

    @Test func aSleepIsNoticedOnce() {
        var watch = SuspendWatch()
        let sleep: Int64 = 8 * 3600 * 1000
        let answers = [
            watch.hasSlept(now: moment(0), bootTime: moment(0)),
            watch.hasSlept(now: moment(10), bootTime: moment(sleep)),
            watch.hasSlept(now: moment(20), bootTime: moment(sleep + 10)),
        ]
        #expect(answers == [false, true, false])
    }

    @Test func everySleepIsNoticed() {
        var watch = SuspendWatch()
        var asleep: Int64 = 0
        var noticed: [Bool] = []
        for step in 0..<6 as Range<Int64> {
            asleep += step % 2 * 2000
            noticed.append(
                watch.hasSlept(now: moment(step * 10), bootTime: moment(step * 10 + asleep)))
        }
        #expect(noticed == [false, true, false, true, false, true])
    }

    @Test func theTimeBetweenReadingTheClocksIsNoSleep() {
        var watch = SuspendWatch()
        let first = watch.hasSlept(now: moment(0), bootTime: moment(0))
        let second = watch.hasSlept(now: moment(0), bootTime: moment(900))
        #expect(!first && !second)
    }
}
