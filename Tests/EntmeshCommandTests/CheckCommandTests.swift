// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshControl
import EntmeshTestSupport
import Foundation
import NIOCore
import Testing

@testable import entmesh

/// `entmesh check`, as it is built, and how it judges.
@Suite(.timeLimit(.minutes(5)))
struct CheckCommandTests {
    private static func source(_ name: String, _ state: String = "healthy") -> SourceRow {
        SourceRow(
            name: name, kind: "hwrng", state: state, isHealthy: state == "healthy",
            claimedBitsPerByte: 4,
            raw: RawRow(
                read: 0, conditioned: 0, dropped: 0, captured: 0, pending: 0, balances: true),
            deliveredBytes: 0, bytesPerSecond: 0, alarms: 0, errors: 0, lastError: nil)
    }

    private static func status(
        level: Int = 87, sources: [SourceRow] = [source("hwrng")]
    ) -> HostStatus {
        HostStatus(
            program: "entmesh-host 0.1.0", uptimeSeconds: 90,
            tank: TankStatus(
                capacity: 1 << 20, level: level, received: 40, resident: 0, inFlight: 0,
                delivered: 32, discarded: 8, balances: true, isLocked: true),
            sources: sources,
            libvirt: LibvirtStatus(
                state: "connected", uri: "qemu:///system", lastError: nil, domains: 5, running: 4),
            ownPool: nil, guestsConnected: 3, counters: [], warnings: [])
    }

    private static let fed = GuestRow.example(1, "web1", level: 100, age: 1, served: 32)
    private static let bare = GuestRow.example(
        4, "win11", mode: .none, note: "no vsock: attach win11", seeding: .unknown)

    private static func guest(
        _ seeding: GuestRow.Seeding, _ note: String, state: String = "running"
    ) -> GuestRow {
        GuestRow.example(2, "db1", state, level: 0, note: note, seeding: seeding)
    }

    private func judge(
        _ status: HostStatus = status(), _ guests: [GuestRow] = [fed],
        peers: [PeerRow] = [], requiresAgents: Bool = false
    ) -> CheckResult {
        CheckResult(
            status: status, guests: GuestList(guests: guests),
            peers: PeerList(ownName: nil, peers: peers),
            thresholds: .init(warning: 25, critical: 5, requiresAgents: requiresAgents))
    }

    /// Runs the program beside a daemon in this state.
    private func check(
        _ arguments: String..., status: HostStatus = status(), delay: TimeAmount = .zero
    ) async throws -> CannedDaemon.Outcome {
        try await CannedDaemon.outcome(of: ["check"] + arguments) { line in
            var answer: CannedDaemon.Answer? =
                switch line.split(separator: " ")[1] {
                case "/v1/status": CannedDaemon.json(status)
                case "/v1/guests": CannedDaemon.json(GuestList(guests: [Self.fed, Self.bare]))
                case "/v1/peers": CannedDaemon.json(PeerList(ownName: nil, peers: []))
                default: nil
                }
            answer?.delay = delay
            return answer
        }
    }

    @Test func allIsWellInOneLine() async throws {
        let ending = try await check()
        #expect(ending.status == 0)
        #expect(
            ending.output == """
                ENTMESH OK - 1 of 2 guests fed, tank 87 %, 1 of 1 sources ok | guests=2 \
                fed=1;;;0;2 level=87%;25:;5:;0;100 sources=1;;;0;1 delivered=32c discarded=8c

                """)
    }

    @Test func theExitStatusIsTheJudgement() async throws {
        #expect(try await check("--require-agents").status == 1)
        #expect(try await check("-w", "90").status == 1)
        let critical = try await check("--warning", "95", "--critical", "90")
        #expect(critical.status == 2)
        #expect(critical.output.hasPrefix("ENTMESH CRITICAL - tank below 90 %; 1 of 2 guests fed"))
        #expect(critical.output.contains(" level=87%;95:;90:;0;100 "))
    }

    @Test func theTimeoutIsForAllAnswersTogether() async throws {
        let ending = try await check("--timeout", "1", delay: .milliseconds(600))
        #expect(ending.status == 2)
        #expect(ending.output == "ENTMESH CRITICAL - the daemon does not answer; see its log\n")
    }

    @Test(arguments: [
        ["--critical", "30"], ["--warning", "x"], ["--frobnicate"], ["surplus"],
        ["--timeout", "0"],
    ])
    func wrongUsageIsUnknown(_ arguments: [String]) async throws {
        let directory = try TestDirectory()
        let child = try Child(
            ["\(Child.buildDirectory ?? ".")/entmesh", "check"] + arguments,
            log: directory.path("out"))
        #expect(await child.status() == 3)
        #expect(child.log.hasPrefix("ENTMESH UNKNOWN - "))
        #expect(child.log.split(separator: "\n").count == 1)
    }

    @Test func helpIsHelp() async throws {
        let directory = try TestDirectory()
        let child = try Child(
            ["\(Child.buildDirectory ?? ".")/entmesh", "check", "--help"],
            log: directory.path("out"))
        #expect(await child.status() == 0)
        #expect(child.log.contains("USAGE: entmesh check"))
    }

    @Test func noDaemonIsCritical() async throws {
        let directory = try TestDirectory()
        let child = try Child(
            [
                "\(Child.buildDirectory ?? ".")/entmesh", "check", "--socket",
                directory.path("none"),
            ], log: directory.path("out"))
        #expect(await child.status() == 2)
        #expect(child.log.hasPrefix("ENTMESH CRITICAL - cannot open "))
    }

    @Test func whoMayNotAskCannotTell() {
        #expect(CommandError(cannotConnect: "/x", errno: EACCES).isAboutTheCaller)
        #expect(CommandError(hungUpOn: 1000).isAboutTheCaller)
        #expect(!CommandError(hungUpOn: 0).isAboutTheCaller)
        #expect(!CommandError(cannotConnect: "/x", errno: ENOENT).isAboutTheCaller)
    }

    @Test(arguments: [(25, Severity.ok), (24, .warning), (5, .warning), (4, .critical)])
    func theTankIsJudgedByTheThresholds(_ level: Int, _ severity: Severity) {
        #expect(judge(Self.status(level: level)).severity == severity)
    }

    @Test(arguments: [
        (GuestRow.Seeding.seeded, Severity.ok), (.stale, .warning), (.unknown, .warning),
        (.notReady, .critical), (.failed, .critical),
    ])
    func aGuestIsJudgedByWhatIsKnownOfIt(_ seeding: GuestRow.Seeding, _ severity: Severity) {
        let result = judge(Self.status(), [Self.guest(seeding, "a | b")])
        #expect(result.severity == severity)
        #expect(result.line.split(separator: "|").count == 2)
        #expect(severity == .ok || result.line.contains("db1: a \\u{7c} b; 0 of 1 guests fed"))
    }

    @Test func whatIsNotMeantToBeFedIsNoFault() {
        let off = Self.guest(.unknown, GuestRow.switchedOffNote)
        let paused = Self.guest(.stale, "restored, not yet reseeded", state: "paused")
        var mixes = Self.guest(.unknown, "mix only")
        mixes.lastOutcome = "mixed"
        #expect(judge(Self.status(), [off, paused, mixes, Self.bare]).severity == .ok)
        #expect(judge(Self.status(), [Self.bare], requiresAgents: true).severity == .warning)
    }

    @Test func theLossOfAllSourcesIsCriticalUnlessHostsFeedThisOne() {
        let failed = Self.source("hwrng", "failed: stuck")
        let one = judge(Self.status(sources: [failed, Self.source("tpm")]))
        #expect(one.severity == .warning && one.line.contains("hwrng: failed: stuck"))
        #expect(judge(Self.status(sources: [failed])).severity == .critical)
        #expect(judge(Self.status(sources: [])).severity == .critical)
        #expect(judge(Self.status(sources: [Self.source("tpm", "starting")])).severity == .ok)
        let peer = PeerRow(
            name: "m2", kind: .host, state: .connected, sends: false, receives: "credit",
            sentBytes: 0, receivedBytes: 0)
        #expect(judge(Self.status(sources: []), peers: [peer]).severity == .ok)
    }

    @Test func manyProblemsAreCounted() {
        let guests = (1...9).map { _ in Self.guest(.stale, "restored, not yet reseeded") }
        let line = judge(Self.status(), guests + [Self.guest(.failed, "refused")]).line
        #expect(line.hasPrefix("ENTMESH CRITICAL - db1: refused; db1: restored, not yet reseed"))
        #expect(line.contains("; and 5 more; 0 of 10 guests fed"))
    }
}
