// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import Glibc

/// What standard output is, and what it may be sent.
struct Terminal {
    /// Whether a person looks at it.
    let isInteractive = isatty(STDOUT_FILENO) == 1

    /// Columns; 80 where there is no terminal to ask.
    var width: Int { size.map { Int($0.ws_col) } ?? 80 }

    /// Lines; no limit where there is no terminal to ask.
    var height: Int { size.map { Int($0.ws_row) } ?? .max }

    private var size: winsize? {
        var size = winsize()
        let isKnown = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0
        return isKnown && size.ws_col > 0 && size.ws_row > 0 ? size : nil
    }

    /// Whether colour is wanted (no-color.org).
    var hasColour: Bool {
        isInteractive && (variable("NO_COLOR") ?? "").isEmpty && variable("TERM") != "dumb"
    }

    private func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    /// Draws as much of `text` as the screen holds over what was drawn before.
    func redraw(_ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).prefix(height)
        print(
            "\u{1B}[H" + lines.map { $0 + "\u{1B}[K" }.joined(separator: "\n") + "\u{1B}[J",
            terminator: "")
    }

    /// Switches to a screen of our own, and back.
    func enterScreen() { print("\u{1B}[?1049h\u{1B}[?25l\u{1B}[H", terminator: "") }
    func leaveScreen() {
        print("\u{1B}[?25h\u{1B}[?1049l", terminator: "")
        _ = flush()
    }

    /// Writes out what was printed; false if nobody reads it any more.
    func flush() -> Bool { fflush(nil) == 0 }
}

/// Shows something once, or again and again until Ctrl-C.
///
/// - Parameters:
///   - text: what a person sees.
///   - line: what a program reads: one line of JSON a time.
func show<Answer: Sendable>(
    _ display: DisplayOptions, fetch: @escaping @Sendable () async throws -> Answer,
    text: @escaping @Sendable (Answer, Terminal) -> String,
    line: @escaping @Sendable (Answer) throws -> String
) async throws {
    let terminal = Terminal()
    guard let interval = display.interval else {
        let answer = try await fetch()
        let output = display.json ? try line(answer) : text(answer, terminal)
        if !output.isEmpty { print(output) }
        return
    }
    let draws = terminal.isInteractive && !display.json
    if draws { terminal.enterScreen() }
    defer { if draws { terminal.leaveScreen() } }
    try await Interrupt.loop(every: interval) {
        let answer = try await fetch()
        if draws { terminal.redraw(text(answer, terminal)) } else { print(try line(answer)) }
        return terminal.flush()
    }
}
