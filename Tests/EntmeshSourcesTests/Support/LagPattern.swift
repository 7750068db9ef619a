// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

@testable import EntmeshSources

/// Samples without a match at any distance of the lag test, but for those that are put in.
///
/// They count modulo 251: no distance, and no sum or difference of two, is a multiple of that. So a
/// sample that is made equal to an earlier one equals that one only.
struct LagPattern {
    private(set) var samples: [UInt8]

    init(count: Int) {
        samples = (0..<count).map { UInt8($0 % 251) }
    }

    /// Puts `count` matches at `distance` in, the first of them at `start` or after it.
    init(count sampleCount: Int, matches: Int, at distance: Int, from start: Int = 0) {
        self.init(count: sampleCount)
        // One that was changed cannot be what another equals.
        let places = (start..<sampleCount).filter { ($0 / distance) % 2 == 1 }
        for place in places.prefix(matches) { samples[place] = samples[place - distance] }
    }

    /// The matches of each window at each distance, counted in the plainest way.
    static func matches(in samples: [UInt8], window: Int) -> [[Int]] {
        stride(from: 0, to: samples.count, by: window).map { start in
            LagTest.distances.map { distance in
                (start..<min(start + window, samples.count)).count {
                    $0 >= distance && samples[$0] == samples[$0 - distance]
                }
            }
        }
    }
}
