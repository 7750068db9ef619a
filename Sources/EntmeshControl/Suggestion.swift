// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

extension String {
    /// How many slips of the finger are guessed through.
    private static let mostSlips = 2
    /// Longer words than this are nobody's slip, and would take long to compare.
    private static let longestWord = 32

    /// Which of `words` was meant, if one is near.
    public func nearest(of words: [String]) -> String? {
        words.map { ($0, slips(to: $0)) }.filter { $0.1 <= Self.mostSlips }.min { $0.1 < $1.1 }?.0
    }

    // Letters added, left out, changed, or swapped with their neighbour.
    private func slips(to word: String) -> Int {
        let (from, to) = (Array(prefix(Self.longestWord)), Array(word))
        var table = [[Int](0...to.count)]
        for row in 1..<(from.count + 1) {
            table.append([row])
            for column in 1..<(to.count + 1) {
                let isSame = from[row - 1] == to[column - 1]
                var best = Swift.min(
                    table[row - 1][column] + 1, table[row][column - 1] + 1,
                    table[row - 1][column - 1] + (isSame ? 0 : 1))
                if row > 1, column > 1, from[row - 1] == to[column - 2],
                    from[row - 2] == to[column - 1]
                {
                    best = Swift.min(best, table[row - 2][column - 2] + 1)
                }
                table[row].append(best)
            }
        }
        return table[from.count][to.count]
    }
}
