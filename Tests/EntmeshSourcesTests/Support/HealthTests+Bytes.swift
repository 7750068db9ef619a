// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshCoreTestSupport
import EntmeshNode

@testable import EntmeshSources

extension HealthTests {
    mutating func test(_ bytes: [UInt8], now: Moment = Moment(nanoseconds: 0)) -> Verdict {
        bytes.withUnsafeBytes { test($0, now: now) }
    }

    /// Where it stands, whatever was observed in a start-up test.
    var plainState: HealthState {
        switch state {
        case .startUp, .running: state
        case .quarantined(let remaining, let alarm):
            .quarantined(remaining: remaining, after: alarm.plain)
        case .failed(.alarm(let alarm)): .failed(.alarm(alarm.plain))
        case .failed(.repeatedAlarms(let last)): .failed(.repeatedAlarms(last: last.plain))
        }
    }

    /// Tests of a source that has passed its start-up test.
    static func running(bitsPerByte: Double = 4, seed: UInt64 = 1) throws -> HealthTests {
        var tests = HealthTests(claim: try EntropyClaim(bitsPerByte: bitsPerByte))
        var noise = SplitMix(seed: seed)
        _ = tests.test(noise.bytes(HealthTests.startUpSampleCount))
        return tests
    }
}

extension HealthTests.Verdict {
    /// The same, whatever was observed in a start-up test.
    var plain: Self {
        guard case .alarm(let alarm) = self else { return self }
        return .alarm(alarm.plain)
    }
}

extension Alarm {
    fileprivate var plain: Alarm { Alarm(test: test, level: level, cutoff: cutoff) }
}
