// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import Glibc

/// What a terminal sends at Ctrl-C and Ctrl-\: to a process and its children alike.
enum TerminalSignals {
    /// Ignores them meanwhile, as system(3) does: the child ends in its own way, and we say how.
    ///
    /// `body` gets those that were not ignored before; its child must have their defaults.
    static func ignored<Result>(_ body: (sigset_t) throws -> Result) rethrows -> Result {
        var defaults = sigset_t()
        sigemptyset(&defaults)
        let previous = [SIGINT, SIGQUIT].map { (number: $0, action: ignore($0)) }
        for each in previous where !isIgnored(each.action) {
            sigaddset(&defaults, each.number)
        }
        defer {
            for var each in previous { sigaction(each.number, &each.action, nil) }
        }
        return try body(defaults)
    }

    private static func ignore(_ number: Int32) -> sigaction {
        var action = sigaction()
        action.__sigaction_handler.sa_handler = SIG_IGN
        var previous = sigaction()
        sigaction(number, &action, &previous)
        return previous
    }

    // Functions of C have no ==.
    private static func isIgnored(_ action: sigaction) -> Bool {
        unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
            == unsafeBitCast(SIG_IGN, to: Int.self)
    }
}
