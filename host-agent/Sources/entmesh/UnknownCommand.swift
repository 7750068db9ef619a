// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// What to say to a command that does not exist: the argument parser only says so if no option
/// follows, and guesses nothing.
struct UnknownCommand {
    /// How many slips of the finger are guessed through.
    private static let mostSlips = 2

    let name: String
    /// The command that was meant, if one is near.
    let meant: String?

    /// Nil if the first of `arguments` is an option or one of `commands`.
    init?(_ arguments: [String], commands: [String]) {
        guard let name = arguments.first, !name.hasPrefix("-"), !commands.contains(name) else {
            return nil
        }
        self.name = name
        meant =
            commands.map { ($0, Self.slips(from: name, to: $0)) }
            .filter { $0.1 <= Self.mostSlips }.min { $0.1 < $1.1 }?.0
    }

    var message: String {
        let guess = meant.map { "; did you mean '\($0)'?" } ?? "; see: entmesh --help"
        return "unknown command '\(name)'" + guess
    }

    // Letters added, left out, changed, or swapped with their neighbour.
    private static func slips(from: String, to: String) -> Int {
        let (from, to) = (Array(from.prefix(32)), Array(to))
        var table = [[Int](0...to.count)]
        for row in 1..<(from.count + 1) {
            table.append([row])
            for column in 1..<(to.count + 1) {
                let isSame = from[row - 1] == to[column - 1]
                var best = min(
                    table[row - 1][column] + 1, table[row][column - 1] + 1,
                    table[row - 1][column - 1] + (isSame ? 0 : 1))
                if row > 1, column > 1, from[row - 1] == to[column - 2],
                    from[row - 2] == to[column - 1]
                {
                    best = min(best, table[row - 2][column - 2] + 1)
                }
                table[row].append(best)
            }
        }
        return table[from.count][to.count]
    }
}
