// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshControl
import EntmeshLibvirt
import EntmeshTestSupport
import Foundation
import Testing

@testable import entmesh

/// `entmesh doctor`, as it is built: this machine, whatever it is, and guests that are known.
@Suite(.timeLimit(.minutes(5)))
struct DoctorCommandTests {
    private static let uuid = "00000000-0000-4000-8000-000000000001"

    /// Beside a daemon with `guests`, and libvirt's test driver with a guest that has `devices`.
    private func doctor(
        _ arguments: String..., devices: String = "", guests: [GuestRow] = []
    ) async throws -> (status: Int32, output: String) {
        let directory = try TestDirectory()
        let node = directory.path("node.xml")
        let xml = """
            <node>
              <domain type='test'>
                <name>web1</name><uuid>\(Self.uuid)</uuid><memory>8192</memory>
                <os><type>hvm</type></os><devices>\(devices)</devices>
              </domain>
            </node>
            """
        try Data(xml.utf8).write(to: URL(fileURLWithPath: node))
        let outcome = try await CannedDaemon.outcome(
            of: ["doctor", "-c", "test://\(node)"] + arguments
        ) { line in
            line.contains("/v1/guests") ? CannedDaemon.json(GuestList(guests: guests)) : Self.status
        }
        return (outcome.status, outcome.output)
    }

    private static let status = CannedDaemon.json(
        HostStatus(
            program: "entmesh-host 0.1.0", uptimeSeconds: 90,
            tank: TankStatus(
                capacity: 1 << 20, level: 87, received: 0, resident: 0, inFlight: 0, delivered: 0,
                discarded: 0, balances: true, isLocked: true),
            sources: [],
            libvirt: LibvirtStatus(
                state: "connected", uri: nil, lastError: nil, domains: 1, running: 1),
            ownPool: nil, guestsConnected: 1, counters: [], warnings: []))

    private static var fed: GuestRow {
        var row = GuestRow(
            id: 1, name: "web1", uuid: uuid, state: "running", isActive: true, mode: .agent,
            seeding: .seeded, servedBytes: 32, servedBlocks: 1, discardedBytes: 0, note: "seeded",
            isConnected: true)
        row.level = 99
        row.ageSeconds = 12
        row.lastOutcome = "reseeded"
        row.agentVersion = "0.1.0"
        row.kernel = "6.1.0"
        row.hardwareGenerator = "virtio_rng.0"
        return row
    }

    @Test func aHostIsLookedAtLineByLine() async throws {
        let ending = try await doctor()
        let lines = ending.output.split(separator: "\n")
        let first = "ok    daemon     entmesh-host 0.1.0 answers, up 1m30s"
        #expect(lines.first.map(String.init) == first)
        #expect(lines.contains { $0.hasPrefix("ok    libvirt    libvirt ") })
        #expect(lines.contains("warn  guests     web1 has no vsock device"))
        #expect(lines.contains("                 fix: sudo entmesh attach web1"))
        let fails = lines.count { $0.hasPrefix("fail") }
        #expect(lines.last?.hasSuffix(" warn, \(fails) fail") == true)
    }

    @Test func aHostWhoseLibvirtDoesNotAnswerFails() async throws {
        let ending = try await CannedDaemon.outcome(
            of: ["doctor", "-c", "test:///nonexistent/node.xml"]
        ) { line in
            line.contains("/v1/guests") ? CannedDaemon.json(GuestList(guests: [])) : Self.status
        }
        #expect(ending.status == 1)
        #expect(ending.output.contains("fail  libvirt    could not connect to libvirt at test:"))
    }

    @Test func onlyWhatDoesNotWorkIsAFailure() {
        #expect(!Diagnosis([.ok("a", ""), .warn("b", "")]).hasFailed)
        #expect(Diagnosis([.ok("a", ""), .fail("b", ""), .ok("c", "")]).hasFailed)
    }

    @Test func theJSONIsVersionedAndOneLine() async throws {
        let ending = try await doctor("--json")
        #expect(ending.output.hasPrefix(#"{"findings":[{"subject":"daemon","text":"entmesh-h"#))
        #expect(ending.output.hasSuffix(#"],"version":1}"# + "\n"))
        #expect(ending.output.split(separator: "\n").count == 1)
    }

    @Test(arguments: ["web1", "1", uuid])
    func aGuestThatIsFedIsTold(_ name: String) async throws {
        let ending = try await doctor(
            "--guest", name,
            devices: "<vsock><cid auto='no' address='7'/></vsock><rng model='virtio'>"
                + "<backend model='random'>/dev/urandom</backend></rng>",
            guests: [Self.fed])
        #expect(ending.status == 0)
        #expect(
            ending.output == """
                ok    state    running, id 1
                ok    vsock    has a vsock device, context ID 7
                ok    agent    connected: agent 0.1.0 on 6.1.0
                ok    feeding  level 99, last block: reseeded, 12s ago
                ok    rng      virtio-rng may stay: its kernel reads it beside the agent; its kernel \
                uses virtio_rng.0
                warn  genid    no generation ID: its kernel cannot see a restore by itself
                               fix: virsh edit web1, add <genid/> below <uuid>, shut it down and \
                start it
                5 ok, 1 warn, 0 fail

                """)
    }

    @Test func aGuestWithoutVsockFailsWithTheCommand() async throws {
        var row = Self.fed
        (row.mode, row.isConnected, row.seeding) = (.none, false, .unknown)
        let ending = try await doctor("--guest", "web1", guests: [row])
        #expect(ending.status == 1)
        #expect(ending.output.contains("fix: sudo entmesh attach web1\n"))
        #expect(ending.output.contains("fail  agent   never connected\n"))
        #expect(ending.output.contains("fix: in it: entmesh-guest-doctor\n"))
    }

    @Test func anUnknownGuestIsToldAsVirshDoes() async throws {
        let ending = try await doctor("--guest", "x")
        #expect(ending.status == 1 && ending.output == "error: failed to get domain 'x'\n")
    }

    @Test(arguments: [
        (GuestRow.Seeding.failed, Finding.Verdict.fail), (.notReady, .fail), (.stale, .warn),
        (.unknown, .warn), (.seeded, .ok),
    ])
    func feedingIsJudgedByWhatIsKnown(
        _ seeding: GuestRow.Seeding, _ verdict: Finding.Verdict
    ) throws {
        var row = Self.fed
        row.seeding = seeding
        let domain = Domain(
            uuid: try #require(DomainUUID(Self.uuid)), name: "web1", id: 1, state: .running,
            guestCID: 3, hasVsock: true)
        let finding = try #require(GuestChecks.feeding(domain, row).first)
        #expect(finding.verdict == verdict && (finding.fix == nil) == (verdict == .ok))
    }

    @Test func whatIsNotInTheRunningGuestYetIsTold() throws {
        let uuid = try #require(DomainUUID(Self.uuid))
        let domain = Domain(uuid: uuid, name: "web1", id: 1, state: .running, hasVsock: true)
        #expect(GuestChecks.vsock(domain).verdict == .fail)
        #expect(GuestChecks.vsock(domain.shutOff).verdict == .ok)
        #expect(GuestChecks.state(domain.shutOff).fix == "virsh start web1")
        var off = Self.fed
        (off.isConnected, off.note) = (false, GuestRow.switchedOffNote)
        #expect(GuestChecks.agent(domain, off).map(\.verdict) == [.fail])
        #expect(GuestChecks.agent(domain, nil).map(\.verdict) == [.fail])
    }
}
