// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshCoreTestSupport
import EntmeshNode

@testable import EntmeshSources

extension HealthTests {
    mutating func test(_ bytes: [UInt8], now: Moment = Moment(nanoseconds: 0)) -> Verdict {
        bytes.withUnsafeBytes { test($0, now: now) }
    }

    /// Tests of a source that has passed its start-up test.
    static func running(bitsPerByte: Double = 4, seed: UInt64 = 1) throws -> HealthTests {
        var tests = HealthTests(claim: try EntropyClaim(bitsPerByte: bitsPerByte))
        var noise = SplitMix(seed: seed)
        _ = tests.test(noise.bytes(HealthTests.startUpSampleCount))
        return tests
    }
}
