// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshControl
import EntmeshTestSupport
import Foundation
import Testing

/// The program `entmesh` as it is built, against a daemon whose every word is known.
@Suite(.timeLimit(.minutes(5)))
struct CommandLineTests {
    struct Ending {
        let status: Int32
        let output: String
    }

    static let program = "\(Child.buildDirectory ?? ".")/entmesh"

    /// Runs `entmesh` with `arguments` to its end, beside a daemon that has `guests`.
    func entmesh(
        _ arguments: String..., guests: [GuestRow] = GuestRow.examples,
        answer: (@Sendable (String) -> CannedDaemon.Answer?)? = nil, prefix: [String] = [],
        environment: [String: String] = [:]
    ) async throws -> Ending {
        let directory = try TestDirectory()
        let path = directory.path("control")
        let daemon =
            if let answer {
                try await CannedDaemon(path, answer: answer)
            } else {
                try await CannedDaemon(path, guests: guests)
            }
        let child = try Child(
            prefix + [Self.program] + arguments + ["--socket", path],
            log: directory.path("out"), environment: environment)
        let status = await child.status()
        try await daemon.close()
        return Ending(status: status, output: child.log)
    }

    // MARK: list

    @Test func theListShowsWhatRunsAndNoColourInAPipe() async throws {
        let list = try await entmesh("list")
        #expect(list.status == 0)
        #expect(
            list.output == """
                 Id  Name    State    Mode   Level  Age     Served  Note
                ---------------------------------------------------------------------------
                 1   web1    running  agent    100  12s    1.2 KiB
                 2   db1     running  agent     64  3m36s  9.0 KiB  restored, reseeded
                 3   build7  paused   agent      -  1h12m    512 B
                 4   win11   running  none       -  -          0 B  no vsock: attach win11

                """)
    }

    @Test(arguments: [
        (["list", "--name"], "web1\ndb1\nbuild7\nwin11\n"),
        (["list", "--name", "--all"], "web1\ndb1\nbuild7\nwin11\nold\n"),
        (["list", "--name", "--inactive"], "old\n"), (["list", "--id"], "1\n2\n3\n4\n"),
        (["list", "--id", "--inactive"], "-\n"),
        (["list", "--uuid", "--inactive"], "00000000-0000-0000-0000-000000000000\n"),
    ])
    func oneValueALine(_ arguments: [String], _ output: String) async throws {
        let list = try await entmesh(arguments[0], arguments[1], arguments.last ?? "")
        #expect(list.status == 0 && list.output == output)
    }

    @Test func oneKindOfValueAtATime() async throws {
        let list = try await entmesh("list", "--name", "--id")
        #expect(list.status == 64)
        #expect(list.output.contains("only one of --name, --uuid and --id can be given"))
    }

    @Test func aListOfNothing() async throws {
        let list = try await entmesh("list", guests: [])
        #expect(list.status == 0 && list.output.split(separator: "\n").count == 2)
        #expect(try await entmesh("list", "--name", guests: []).output == "")
        let json = try await entmesh("list", "--json", guests: [])
        #expect(json.output == #"{"guests":[],"version":1}"# + "\n")
    }

    @Test func theJSONIsVersionedStableAndHarmlessOnATerminal() async throws {
        let name = "w\u{1B}[2J\u{202E}\u{2028}\u{E0001}é\""
        let guest = GuestRow.example(1, name, level: 100, age: 12, served: 32, note: "seeded")
        let list = try await entmesh("list", "--json", guests: [guest])
        #expect(
            list.output
                == #"{"guests":[{"ageSeconds":12,"discardedBytes":0,"id":1,"isActive":true,"#
                + #""isConnected":true,"level":100,"mode":"agent","#
                + #""name":"w\u001b[2J\u202e\u2028\udb40\udc01é\"","note":"seeded","#
                + #""seeding":"seeded","servedBlocks":1,"servedBytes":32,"state":"running","#
                + #""uuid":"00000000-0000-0000-0000-000000000001"}],"version":1}"# + "\n")
        let decoded = try JSONDecoder().decode(GuestList.self, from: Data(list.output.utf8))
        #expect(decoded.guests == [guest])
    }

    // MARK: reseed

    @Test func anUnknownDomainIsToldAsVirshDoes() async throws {
        let ending = try await entmesh(
            "reseed", "x",
            answer: { _ in
                .init(
                    status: 404,
                    body: #"{"code":"no-such-domain","message":"failed to get domain 'x'"}"#)
            })
        #expect(ending.status == 1 && ending.output == "error: failed to get domain 'x'\n")
    }

    @Test func theReceiptsAreTheAnswer() async throws {
        let body =
            #"{"version":1,"results":[{"name":"a\u001b","uuid":"u","outcome":"reseeded","#
            + #""succeeded":true},{"name":"b","uuid":"v","outcome":"no answer","succeeded":false}]}"#
        let ending = try await entmesh("reseed", "--all", answer: { _ in .init(body: body) })
        #expect(ending.status == 1 && ending.output == "a\\u{1b}: reseeded\nb: no answer\n")
        let nobody = try await entmesh(
            "reseed", "--all", answer: { _ in .init(body: #"{"version":1,"results":[]}"#) })
        #expect(nobody.status == 0 && nobody.output == "no agent is connected\n")
    }

    @Test func theReceiptsAsJSON() async throws {
        let result = #"{"name":"a\u001b","uuid":"u","outcome":"reseeded","succeeded":true}"#
        let done = try await entmesh(
            "reseed", "--all", "--json",
            answer: { _ in .init(body: #"{"version":1,"results":[\#(result)]}"#) })
        #expect(done.status == 0)
        #expect(
            done.output
                == #"{"results":[{"name":"a\u001b","outcome":"reseeded","succeeded":true,"#
                + #""uuid":"u"}],"version":1}"# + "\n")
        let failed = try await entmesh(
            "reseed", "b", "--json",
            answer: { _ in
                let result = #"{"name":"b","uuid":"v","outcome":"no answer","succeeded":false}"#
                return .init(body: #"{"version":1,"results":[\#(result)]}"#)
            })
        #expect(failed.status == 1)
        let reply = try JSONDecoder().decode(ReseedReply.self, from: Data(failed.output.utf8))
        #expect(reply.results.map(\.outcome) == ["no answer"])
    }

    @Test(arguments: [("--all", #"{"all":true}"#), ("web1", #"{"domain":"web1"}"#)])
    func aReseedSaysWhomItIsFor(_ argument: String, _ body: String) async throws {
        let directory = try TestDirectory()
        let path = directory.path("control")
        let daemon = try await CannedDaemon(path) { _ in
            .init(body: #"{"version":1,"results":[]}"#)
        }
        let child = try Child(
            [Self.program, "reseed", argument, "--json", "--socket", path],
            log: directory.path("out"))
        #expect(await child.status() == 0)
        #expect(child.log == #"{"results":[],"version":1}"# + "\n")
        #expect(daemon.lines == ["POST /v1/reseed HTTP/1.1 \(body)"])
        try await daemon.close()
    }

    @Test func aReseedOfNobodySaysWhatToType() async throws {
        let ending = try await entmesh("reseed")
        #expect(ending.status == 64 && ending.output.contains("name a domain, or give --all"))
    }

    // MARK: Errors

    @Test func withoutADaemonItSaysWhatToTypeNext() async throws {
        let directory = try TestDirectory()
        let child = try Child(
            [Self.program, "list", "--socket", directory.path("none")], log: directory.path("out"))
        #expect(await child.status() == 1)
        #expect(
            child.log == """
                error: cannot open \(directory.path("none")): no daemon listens there; \
                start it: sudo systemctl start entmesh-host

                """)
    }

    @Test func aPathThatIsTooLongIsNoCrash() async throws {
        let directory = try TestDirectory()
        let child = try Child(
            [Self.program, "list", "--socket", "/" + String(repeating: "x", count: 200)],
            log: directory.path("out"))
        #expect(await child.status() == 1)
        #expect(child.log.hasPrefix("error: "))
    }

    private static let asNobody = [
        "/usr/bin/setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
    ]

    // Where the build or the toolchain lies in a private directory, he cannot.
    private static let canNobodyStartIt: @Sendable () async throws -> Bool = {
        guard canDropPrivileges else { return false }
        let directory = try TestDirectory()
        let child = try Child(
            Self.asNobody + [Self.program, "--help"], log: directory.path("out"))
        return await child.status() == 0
    }

    @Test(.enabled("takes uid 0, setpriv(1) and a build that others may run", canNobodyStartIt))
    func whoIsNotInTheGroupIsToldWhichToJoin() async throws {
        let ending = try await entmesh("list", prefix: Self.asNobody)
        #expect(ending.status == 1)
        #expect(
            ending.output.contains(
                """
                permission denied; reading takes membership in group entmesh: \
                sudo usermod -aG entmesh $USER, and log in again

                """))
    }

    @Test func aDaemonThatHangsUpOrTalksNonsenseIsAnError() async throws {
        let silent = try await entmesh("list", answer: { _ in nil })
        #expect(silent.status == 1 && silent.output.hasPrefix("error: the daemon hung up"))
        let nonsense = try await entmesh("list", answer: { _ in .init(body: "{}") })
        #expect(nonsense.status == 1)
        #expect(nonsense.output.hasPrefix("error: the daemon's answer makes no sense"))
        let refusal = try await entmesh("list", answer: { _ in .init(status: 500, body: "") })
        #expect(refusal.status == 1)
        #expect(refusal.output == "error: the daemon refused the request without saying why\n")
    }

    @Test func aMisspeltCommandIsAUsageError() async throws {
        let ending = try await entmesh("lsit")
        #expect(ending.status == 64)
        #expect(ending.output == "error: unknown command 'lsit'; did you mean 'list'?\n")
        let other = try await entmesh("frobnicate")
        #expect(other.output == "error: unknown command 'frobnicate'; see: entmesh --help\n")
        let option = try await entmesh("list", "--jsno")
        #expect(option.status == 64 && option.output.contains("Did you mean '--json'?"))
    }

    @Test(arguments: [
        (["peer", "isue", "x"], "unknown command 'isue'; did you mean 'issue'?"),
        (["peer", "frobnicate"], "unknown command 'frobnicate'; see: entmesh peer --help"),
        (["help", "atach"], "unknown command 'atach'; did you mean 'attach'?"),
        (["help", "peer", "init"], "unknown command 'init'; see: entmesh peer --help"),
        (["hlep"], "unknown command 'hlep'; did you mean 'help'?"),
        (["peer", "issue", "--renwe", "x"], "Did you mean '--renew'?"),
        (["attach", "--dryrun", "x"], "Did you mean '--dry-run'?"),
    ])
    func aSlipIsGuessedThroughOnEveryLevel(_ arguments: [String], _ words: String) async throws {
        let directory = try TestDirectory()
        let child = try Child([Self.program] + arguments, log: directory.path("out"))
        #expect(await child.status() == 64)
        #expect(child.log.contains(words))
    }

    // MARK: status

    private static let status = HostStatus(
        program: "entmesh-host 0.1.0", uptimeSeconds: 90,
        tank: TankStatus(
            capacity: 1 << 20, level: 87, received: 100, resident: 60, inFlight: 10,
            delivered: 20, discarded: 10, balances: true, isLocked: false),
        sources: [
            SourceRow(
                name: "hwrng", kind: "hwrng", state: "healthy", isHealthy: true,
                claimedBitsPerByte: 4,
                raw: RawRow(
                    read: 4096, conditioned: 2304, dropped: 1024, captured: 100, pending: 668,
                    balances: true),
                deliveredBytes: 1024, bytesPerSecond: 10, alarms: 2, errors: 1, lastError: nil)
        ],
        libvirt: LibvirtStatus(
            state: "lost", uri: "qemu:///system", lastError: "gone", domains: 5, running: 4),
        ownPool: nil, guestsConnected: 3,
        counters: [CounterRow(name: "closed", reason: "silent", count: 2)],
        warnings: ["memory is not locked"])

    @Test func theStatusAsJSONIsVersionedAndOneLine() async throws {
        let body = String(decoding: try JSONEncoder().encode(Self.status), as: UTF8.self)
        let ending = try await entmesh("status", "--json", answer: { _ in .init(body: body) })
        #expect(ending.status == 0)
        #expect(ending.output.hasPrefix(#"{"counters":[{"count":2,"name":"closed","#))
        #expect(ending.output.contains(#","version":1,"warnings":["#))
        #expect(ending.output.split(separator: "\n").count == 1)
        let decoded = try JSONDecoder().decode(HostStatus.self, from: Data(ending.output.utf8))
        #expect(decoded == Self.status)
    }

    @Test(arguments: [
        (["-c", "qemu:///system"], "", 0), (["--connect", "qemu:///session"], "", 1),
        ([], "qemu+ssh://elsewhere/system", 1), ([], "qemu:///system", 0),
        (["-c", "qemu:///system"], "qemu+ssh://elsewhere/system", 0),
    ])
    func theLibvirtThatIsNamedIsTheOneTheDaemonAsks(
        _ arguments: [String], _ variable: String, _ status: Int32
    ) async throws {
        let directory = try TestDirectory()
        let path = directory.path("control")
        let body = String(decoding: try JSONEncoder().encode(Self.status), as: UTF8.self)
        let daemon = try await CannedDaemon(path) { _ in .init(body: body) }
        let child = try Child(
            [Self.program, "status", "--socket", path] + arguments, log: directory.path("out"),
            environment: ["LIBVIRT_DEFAULT_URI": variable])
        #expect(await child.status() == status)
        try await daemon.close()
        #expect(
            status == 0 || child.log.hasPrefix("error: the daemon asks qemu:///system, not qemu"))
    }

    @Test func theStatusInWords() async throws {
        let body = String(decoding: try JSONEncoder().encode(Self.status), as: UTF8.self)
        let ending = try await entmesh("status", answer: { _ in .init(body: body) })
        #expect(
            ending.output == """
                entmesh-host 0.1.0, up 1m30s, 3 agents connected
                Tank:     87 % of 1.0 MiB, NOT locked in memory
                Flow:     in 0.0 B/s, out 0.0 B/s; lasts: nothing flows out
                Ledger:   in 100 = resident 60 + in flight 10 + delivered 20 + discarded 10
                Source:   hwrng: healthy
                          raw 4096 = conditioned 2304 + dropped 1024 + captured 100 + pending 668
                libvirt:  lost (qemu:///system), 4 of 5 domains running
                          gone
                Counters: closed silent 2
                Warning:  memory is not locked

                """)
    }
}
