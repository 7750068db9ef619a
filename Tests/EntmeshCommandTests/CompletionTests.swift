// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshControl
import EntmeshTestSupport
import Foundation
import Testing

/// Completion in real shells, beside a daemon whose guests are known.
@Suite(.timeLimit(.minutes(5)))
struct CompletionTests {
    private static let folder = Child.buildDirectory ?? "."
    private static let bash = "/usr/bin/bash"
    private static let fish = "/usr/bin/fish"
    private static let zsh = "/usr/bin/zsh"

    private static func has(_ shell: String) -> Bool {
        FileManager.default.isExecutableFile(atPath: shell)
    }

    private let directory: TestDirectory

    init() throws {
        directory = try TestDirectory()
    }

    private var socket: String { directory.path("control") }

    /// Runs a line of `shell` that finds `entmesh` in its PATH, beside a daemon with `guests`.
    private func run(
        _ shell: String, _ line: String, guests: [GuestRow]? = GuestRow.examples,
        libvirt: String = ""
    ) async throws -> String {
        let daemon: CannedDaemon? =
            if let guests {
                try await CannedDaemon(socket) { request in
                    switch request.split(separator: " ")[1] {
                    case "/v1/guests": CannedDaemon.json(GuestList(guests: guests))
                    case "/v1/peers": CannedDaemon.json(Self.peers)
                    case "/v1/sources": CannedDaemon.json(Self.sources)
                    default: nil
                    }
                }
            } else { nil }
        let child = try Child(
            [shell, "-c", line], log: directory.path("out"),
            environment: [
                "PATH": "\(Self.folder):/usr/bin:/bin", "HOME": directory.root,
                "LIBVIRT_DEFAULT_URI": libvirt, "ENTMESH_COMPLETION_SECONDS": "30",
            ])
        #expect(await child.status() == 0)
        try await daemon?.close()
        return child.log
    }

    private static let peers = PeerList(
        ownName: "m1",
        peers: [("m2", PeerRow.Kind.host), ("own-pool", .ownPool)].map {
            PeerRow(
                name: $0, kind: $1, state: .connected, sends: true, receives: "mix", sentBytes: 0,
                receivedBytes: 0)
        })

    private static let sources = SourceList(
        sources: ["hwrng", "tpm"].map {
            SourceRow(
                name: $0, kind: $0, state: "healthy", isHealthy: true, claimedBitsPerByte: 4,
                raw: RawRow(
                    read: 0, conditioned: 0, dropped: 0, captured: 0, pending: 0, balances: true),
                deliveredBytes: 0, bytesPerSecond: 0, alarms: 0, errors: 0, lastError: nil)
        }, absent: [])

    /// What TAB after these words offers in bash, where the last word may be empty.
    private func completions(
        _ words: String..., guests: [GuestRow]? = GuestRow.examples, libvirt: String = ""
    ) async throws -> [String] {
        let quoted = words.map { "'\($0)'" }.joined(separator: " ")
        let output = try await run(
            Self.bash,
            """
            eval "$(entmesh --generate-completion-script bash)"
            COMP_WORDS=(entmesh \(quoted))
            COMP_CWORD=\(words.count)
            COMP_LINE="${COMP_WORDS[*]}"
            COMP_POINT=${#COMP_LINE}
            _entmesh entmesh "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
            printf '%s\\n' "${COMPREPLY[@]}"
            """, guests: guests, libvirt: libvirt)
        return output.split(separator: "\n").map(String.init)
    }

    @Test(arguments: [(bash, "bash"), (zsh, "zsh"), (fish, "fish")].filter { has($0.0) })
    func theScriptIsOne(_ shell: String, _ name: String) async throws {
        let child = try Child(
            ["\(Self.folder)/entmesh", "--generate-completion-script", name],
            log: directory.path("script"))
        #expect(await child.status() == 0)
        let check = try Child([shell, "-n", directory.path("script")], log: directory.path("out"))
        #expect(await check.status() == 0)
        #expect(check.log == "" && child.log.contains("reseed"))
    }

    @Test func bashCompletesTheNamesOfGuestsThatRun() async throws {
        #expect(
            try await completions("reseed", "--socket", socket, "") == [
                "web1", "db1", "build7", "win11",
            ])
        #expect(try await completions("reseed", "--socket", socket, "w") == ["web1", "win11"])
    }

    @Test(arguments: [["attach"], ["detach"], ["doctor", "--guest"]])
    func bashCompletesGuestsThatDoNotRunWhereTheyWillDo(_ command: [String]) async throws {
        let words = [command[0], "--socket", socket] + command.dropFirst()
        // Neither attach nor detach asks a daemon, and so neither has its socket's option.
        guard command[0] == "doctor" else {
            let found = try await completions(
                command[0], "t", guests: nil, libvirt: "test:///default")
            #expect(found == ["test"])
            return
        }
        #expect(try await completions(words[0], words[1], words[2], words[3], "o") == ["old"])
    }

    @Test func bashCompletesSourcesAndPeers() async throws {
        #expect(
            try await completions("sources", "--socket", socket, "--reset", "") == ["hwrng", "tpm"])
        #expect(try await completions("peers", "--socket", socket, "--reset", "") == ["m2"])
    }

    @Test func whereNothingAnswersNothingIsOfferedAndNothingSaid() async throws {
        #expect(try await completions("reseed", "--socket", socket, "", guests: nil) == [])
    }

    @Test func aNameThatActsOnATerminalIsNotOffered() async throws {
        let guests = [GuestRow.example(1, "w\u{1B}[2J", level: 1), .example(2, "web2", level: 1)]
        let found = try await completions("reseed", "--socket", socket, "w", guests: guests)
        #expect(found == ["web2"])
    }

    // The script that bash is given expands the words that it is offered.
    @Test func aNameThatAShellWouldRunIsNeitherOfferedNorRun() async throws {
        let mark = directory.path("mark")
        let names = [
            "$(touch \(mark))", "`touch \(mark)`", "a;b", "a b", "~", "*", "-c", "--all", "7",
            "wéb",
            "a.b_c:d+e@f-g",
        ]
        let guests = names.map { GuestRow.example(1, $0, level: 1) }
        let found = try await completions("reseed", "--socket", socket, "", guests: guests)
        #expect(found == ["a.b_c:d+e@f-g"])
        #expect(!FileManager.default.fileExists(atPath: mark))
    }
}
