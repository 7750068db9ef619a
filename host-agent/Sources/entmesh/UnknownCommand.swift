// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import ArgumentParser
internal import EntmeshControl

/// What to say to a command that does not exist, on whatever level: the argument parser only says so
/// if no option follows, and guesses nothing.
struct UnknownCommand {
    let name: String
    /// The command that was meant, if one is near.
    let meant: String?
    /// The command that it would be one of, as it is typed: `entmesh peer`.
    let parent: String

    /// The first of `arguments` that is no command; nil if they begin with commands that exist, as
    /// far as `root` has any below it.
    static func first(
        of arguments: [String], below root: any ParsableCommand.Type
    ) -> UnknownCommand? {
        // "help" is a command of the parser's own, and what follows it are commands.
        let isHelp = arguments.first == "help"
        var parent = [root.configuration.commandName ?? ""]
        var commands = root.configuration.subcommands
        for name in arguments.dropFirst(isHelp ? 1 : 0) {
            guard !commands.isEmpty, !name.hasPrefix("-") else { return nil }
            let names = commands.compactMap { $0.configuration.commandName }
            guard let index = names.firstIndex(of: name) else {
                let all = parent.count == 1 ? names + ["help"] : names
                return UnknownCommand(
                    name: name, meant: name.nearest(of: all),
                    parent: parent.joined(separator: " "))
            }
            parent.append(name)
            commands = commands[index].configuration.subcommands
        }
        return nil
    }

    var message: String {
        let guess = meant.map { "; did you mean '\($0)'?" } ?? "; see: \(parent) --help"
        return "unknown command '\(name)'" + guess
    }
}
