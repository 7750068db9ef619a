// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshNode
import Testing

@Suite("Fill level")
struct FillLevelTests {
    @Test("takes 0 to 100 percent and nothing above")
    func range() {
        for percent in UInt8.min...UInt8.max {
            #expect(FillLevel(percent: percent)?.percent == (percent <= 100 ? percent : nil))
        }
        #expect(FillLevel(percent: 0) == .empty)
        #expect(FillLevel(percent: 100) == .full)
    }

    private static let proportions: [(amount: Int64, capacity: Int64, percent: UInt8)] = [
        (-1, 1000, 0), (0, 1000, 0), (1, 1000, 1), (9, 1000, 1), (19, 1000, 1), (20, 1000, 2),
        (499, 1000, 49), (500, 1000, 50), (509, 1000, 50), (510, 1000, 51), (999, 1000, 99),
        (1000, 1000, 100), (1001, 1000, 100), (1, 2, 50), (1, 3, 33), (2, 3, 66), (1, 1, 100),
        (0, 0, 0), (5, 0, 0), (5, -1, 0), (.max, .max, 100), (.max - 1, .max, 99),
        (.max / 2, .max, 50), (1, .max, 1), (.max, 1, 100), (.min, .max, 0),
        (.max / 100 + 1, .max, 1),
    ]

    @Test("is the proportion rounded down, with 0 and 100 for the ends alone")
    func proportion() {
        for (amount, capacity, percent) in Self.proportions {
            #expect(FillLevel(amount: amount, of: capacity).percent == percent)
        }
    }

    @Test("counts the points between two levels, either way")
    func points() throws {
        let (low, high) = try (level(3), level(97))
        #expect(high.points(above: low) == 94)
        #expect(low.points(above: high) == -94)
        #expect(low.points(above: low) == 0)
        #expect(low < high)
        #expect(!(low < low))
    }

    private func level(_ percent: UInt8) throws -> FillLevel {
        try #require(FillLevel(percent: percent))
    }
}
