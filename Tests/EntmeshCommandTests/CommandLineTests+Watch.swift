// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshControl
import EntmeshTestSupport
import Foundation
import Synchronization
import Testing

// What goes on until it is interrupted, and what a terminal gets.
extension CommandLineTests {
    // MARK: --watch

    @Test func watchInAPipeIsALineOfJSONATimeUntilInterrupted() async throws {
        let directory = try TestDirectory()
        let path = directory.path("control")
        let daemon = try await CannedDaemon(path, guests: GuestRow.examples)
        let clock = ContinuousClock()
        let start = clock.now
        let child = try Child(
            [Self.program, "list", "--watch", "0.2", "--socket", path], log: directory.path("out"))
        try await poll { daemon.lines.count >= 4 }
        // Three pauses of 0.2 s, and no more often than that.
        #expect(clock.now - start >= .milliseconds(600))
        child.signal(SIGINT)
        #expect(await child.status() == 0)
        let lines = child.log.split(separator: "\n")
        #expect(lines.count >= 4 && lines.count <= daemon.lines.count)
        for line in lines {
            let list = try JSONDecoder().decode(GuestList.self, from: Data(line.utf8))
            #expect(list.guests.count == 4)
        }
        try await daemon.close()
    }

    @Test func watchEndsAtOnceEvenIfTheDaemonHangs() async throws {
        let directory = try TestDirectory()
        let path = directory.path("control")
        // Half an answer.
        let daemon = try await CannedDaemon(path) { _ in .init(body: "{", missing: 10) }
        let child = try Child(
            [Self.program, "status", "--watch", "--socket", path], log: directory.path("out"))
        try await poll { daemon.lines.count == 1 }
        child.signal(SIGINT)
        #expect(await child.status() == 0)
        #expect(child.log == "")
        try await daemon.close()
    }

    @Test func watchEndsWhenNobodyReadsAnyMore() async throws {
        let ending = try await entmesh(
            prefix: ["/bin/sh", "-c", #""$0" list --watch 0.2 "$@" | head -n 1"#])
        #expect(ending.status == 0)
        #expect(ending.output.split(separator: "\n").count == 1)
    }

    @Test func watchThatLosesTheDaemonEndsWithAnError() async throws {
        let ending = try await entmesh("list", "--watch", "0.2", answer: { _ in nil })
        #expect(ending.status == 1 && ending.output.hasPrefix("error: the daemon hung up"))
    }

    @Test(arguments: ["0.1", "0", "-1", "nan", "inf", "1e9"])
    func watchHasALimit(_ seconds: String) async throws {
        let ending = try await entmesh("list", "--watch=\(seconds)")
        #expect(ending.status == 64)
    }

    // MARK: On a terminal

    private static let hasTerminal = FileManager.default.isExecutableFile(atPath: "/usr/bin/script")

    /// Runs `entmesh list` with the rest of a shell's `line` on a terminal of 120 columns; there is
    /// a file `$ASKED` from its second request on.
    private func onATerminal(_ line: String, environment: [String: String] = [:]) async throws
        -> String
    {
        let directory = try TestDirectory()
        let path = directory.path("control")
        let asked = directory.path("asked")
        let body = try String(
            decoding: JSONEncoder().encode(GuestList(guests: GuestRow.examples)), as: UTF8.self)
        let requests = Atomic(0)
        let daemon = try await CannedDaemon(path) { _ in
            if requests.wrappingAdd(1, ordering: .relaxed).newValue == 2 {
                _ = FileManager.default.createFile(atPath: asked, contents: nil)
            }
            return .init(body: body)
        }
        let command =
            "stty cols 120 rows 24; \(Self.program) list --socket \(path) \(line)"
        let child = try Child(
            ["/usr/bin/script", "-q", "-e", "-c", command, "/dev/null"], log: directory.path("out"),
            environment: ["TERM": "xterm", "NO_COLOR": "", "ASKED": asked].merging(environment) {
                $1
            })
        _ = await child.status()
        try await daemon.close()
        return child.log
    }

    @Test(.enabled(if: hasTerminal, "takes script(1)"))
    func aTerminalGetsItsWidthAndColour() async throws {
        let output = try await onATerminal("")
        #expect(
            output.contains(
                "\u{1B}[32m 1    web1     running   agent     100   12s     1.2 KiB\u{1B}[0m"))
        let plain = try await onATerminal("", environment: ["NO_COLOR": "1"])
        #expect(
            plain.contains(" 1    web1     running   agent     100   12s")
                && !plain.contains("\u{1B}"))
        #expect(!(try await onATerminal("", environment: ["TERM": "dumb"])).contains("\u{1B}"))
    }

    @Test(.enabled(if: hasTerminal, "takes script(1)"))
    func watchLeavesTheTerminalAsItWas() async throws {
        let output = try await onATerminal(
            "--watch 0.2 & pid=$!; until [ -e $ASKED ] || ! kill -0 $pid; do sleep 0.1; done; "
                + "kill -INT $pid; wait $pid; echo status=$?")
        #expect(output.contains("\u{1B}[?1049h\u{1B}[?25l\u{1B}[H"))
        #expect(output.contains("\u{1B}[?25h\u{1B}[?1049l"))
        // script(1) may end the last line after the terminal is gone, and without a return then.
        #expect(output.trimmingCharacters(in: .newlines).hasSuffix("status=0"))
    }
}
