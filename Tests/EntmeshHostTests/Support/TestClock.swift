// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshNode
import Synchronization

/// CLOCK_MONOTONIC and CLOCK_BOOTTIME of a host; they go on only when told.
final class TestClock: Sendable {
    private struct Moments {
        // Well past zero, so that "long ago" can be told from "never".
        var now = Moment(nanoseconds: 1_000_000_000_000)
        // An hour ahead: nobody may mix the two up.
        var bootTime = Moment(nanoseconds: 4_600_000_000_000)
    }

    private let moments = Mutex(Moments())

    var now: Moment { moments.withLock { $0.now } }
    var bootTime: Moment { moments.withLock { $0.bootTime } }

    func advance(by span: TimeSpan) {
        moments.withLock {
            $0.now = $0.now + span
            $0.bootTime = $0.bootTime + span
        }
    }

    /// The host is suspended for `span`.
    func sleep(for span: TimeSpan) {
        moments.withLock { $0.bootTime = $0.bootTime + span }
    }
}

extension TestClock {
    /// CLOCK_MONOTONIC and CLOCK_BOOTTIME of one of several hosts that share this clock.
    ///
    /// The second one is where it was when the first was read last: time that goes by between the
    /// two would look like a sleep.
    func pair() -> (monotonic: @Sendable () -> Moment, boot: @Sendable () -> Moment) {
        let read = Mutex(moments.withLock { $0.bootTime })
        return (
            { [self] in
                moments.withLock { moments in
                    read.withLock { $0 = moments.bootTime }
                    return moments.now
                }
            },
            { read.withLock { $0 } }
        )
    }
}
