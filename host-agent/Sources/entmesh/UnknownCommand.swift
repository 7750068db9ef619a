// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshControl

/// What to say to a command that does not exist: the argument parser only says so if no option
/// follows, and guesses nothing.
struct UnknownCommand {
    let name: String
    /// The command that was meant, if one is near.
    let meant: String?

    /// Nil if the first of `arguments` is an option or one of `commands`.
    init?(_ arguments: [String], commands: [String]) {
        guard let name = arguments.first, !name.hasPrefix("-"), !commands.contains(name) else {
            return nil
        }
        self.name = name
        meant = name.nearest(of: commands)
    }

    var message: String {
        let guess = meant.map { "; did you mean '\($0)'?" } ?? "; see: entmesh --help"
        return "unknown command '\(name)'" + guess
    }
}
