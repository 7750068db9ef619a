// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshControl
import EntmeshLibvirt
import EntmeshTestSupport
import Foundation
import Testing

@testable import entmesh

/// `entmesh doctor` before bad machines.
struct HostChecksTests {
    private static let uuid = DomainUUID("00000000-0000-4000-8000-000000000001")

    private static func domain(
        _ name: String, cid: UInt32? = 3, hasRNG: Bool = true, hasGenID: Bool = true
    ) throws -> Domain {
        Domain(
            uuid: try #require(uuid), name: name, id: 1, state: .running, guestCID: cid,
            hasVsock: cid != nil, hasRNG: hasRNG, hasGenID: hasGenID)
    }

    /// A machine on which all is well.
    private static func good() throws -> HostFacts {
        var facts = HostFacts()
        facts.devices = [
            "/dev/hwrng": .init(group: "entmesh", mode: 0o640),
            "/dev/tpmrm0": .init(group: "tss", mode: 0o660),
            "/dev/vhost-vsock": .init(group: "kvm", mode: 0o660),
        ]
        facts.currentGenerator = "tpm-rng-0"
        facts.hasRDSEED = true
        facts.hasReadersGroup = true
        facts.caller = .init(isRoot: false, groups: ["entmesh"])
        facts.isClockSynchronised = true
        facts.daemon = .init(
            limits: "Max locked memory  unlimited unlimited\nMax open files  1024 1024\n",
            status: "Uid:\t1\t1\t1\t1\n")
        facts.daemon?.groups = ["entmesh", "tss"]
        facts.libvirt = .reached(version: "9.0.0", domains: [try domain("web1")])
        facts.control = .answered(status(), GuestList(guests: [row()]))
        return facts
    }

    private static func row(
        mode: GuestRow.Mode = .agent, isConnected: Bool = true, note: String = ""
    ) -> GuestRow {
        GuestRow(
            id: 1, name: "web1", uuid: uuid?.description ?? "", state: "running", isActive: true,
            mode: mode, seeding: .seeded, servedBytes: 32, servedBlocks: 1, discardedBytes: 0,
            note: note, isConnected: isConnected)
    }

    private static func status(isLocked: Bool = true) -> HostStatus {
        HostStatus(
            program: EntmeshCommand.version.replacing("entmesh", with: "entmesh-host"),
            uptimeSeconds: 90,
            tank: TankStatus(
                capacity: 1 << 20, level: 87, received: 0, resident: 0, inFlight: 0, delivered: 0,
                discarded: 0, balances: true, isLocked: isLocked),
            sources: [],
            libvirt: LibvirtStatus(
                state: "connected", uri: nil, lastError: nil, domains: 1, running: 1),
            ownPool: nil, guestsConnected: 1, counters: [], warnings: [])
    }

    /// What is not well with a machine that is good but for `change`.
    private func faults(_ change: (inout HostFacts) throws -> Void) throws -> [Finding] {
        var facts = try Self.good()
        try change(&facts)
        return HostChecks.all(facts).filter { $0.verdict != .ok }
    }

    /// The one fault of such a machine.
    private func fault(_ change: (inout HostFacts) throws -> Void) throws -> Finding {
        let found = try faults(change)
        #expect(found.count == 1)
        return try #require(found.first)
    }

    @Test func aGoodMachineIsTold() throws {
        #expect(try faults { _ in }.isEmpty)
        let subjects = HostChecks.all(try Self.good()).map(\.subject)
        #expect(
            Set(subjects).isSuperset(of: [
                "daemon", "limits", "group", "hwrng", "tpm", "processor", "vsock", "libvirt",
                "apparmor", "swap", "clock", "guests",
            ]))
    }

    @Test func everyFaultHasSomethingToDo() throws {
        var bad = HostFacts()
        bad.devices = [
            "/dev/hwrng": .init(group: "root", mode: 0o600),
            "/dev/tpmrm0": .init(group: "root", mode: 0o600),
        ]
        bad.daemon = .init(limits: "Max locked memory         65536 65536\n", status: "")
        bad.feeders = ["haveged"]
        bad.serialPorts = ["/dev/ttyACM0"]
        bad.isClockSynchronised = false
        let faults = HostChecks.all(bad).filter { $0.verdict != .ok }
        #expect(faults.count >= 8)
        // Only that a running daemon does not answer has a reason of its own.
        #expect(faults.filter { $0.fix == nil }.map(\.subject) == ["daemon"])
    }

    @Test func aDaemonThatDoesNotRunFails() throws {
        let finding = try fault {
            $0.daemon = nil
            $0.userGroups = ["entmesh", "tss"]
            $0.control = .failed(reason: "no daemon listens there")
        }
        #expect(finding.verdict == .fail && finding.subject == "daemon")
        #expect(finding.fix?.hasPrefix("sudo systemctl enable --now entmesh-host") == true)
    }

    @Test func whatTheDaemonWarnsOfIsPassedOn() throws {
        let finding = try fault {
            var status = Self.status()
            status.warnings = ["a certificate ends soon"]
            $0.control = .answered(status, GuestList(guests: [Self.row()]))
        }
        #expect(finding == .warn("daemon", "a certificate ends soon", fix: "see: entmesh status"))
    }

    @Test func aDaemonOfAnotherVersionIsToBeRestarted() throws {
        let finding = try fault {
            var status = Self.status()
            status.program = "entmesh-host 0.0.1"
            $0.control = .answered(status, GuestList(guests: [Self.row()]))
        }
        #expect(finding.fix == "sudo systemctl restart entmesh-host")
    }

    @Test func aGeneratorThatTheDaemonMayNotReadIsTold() throws {
        let finding = try fault { $0.devices["/dev/hwrng"] = .init(group: "root", mode: 0o640) }
        #expect(finding.subject == "hwrng" && finding.verdict == .warn)
        #expect(finding.text.hasSuffix("may not be read by the daemon: group root, mode 0640"))
        #expect(try fault { $0.daemon?.groups = ["entmesh"] }.subject == "tpm")
        #expect(
            try faults {
                $0.daemon?.groups = []
                $0.daemon?.isRoot = true
            }.isEmpty)
    }

    @Test func aMachineWithoutAnySourceFails() throws {
        let nothing = try faults {
            $0.devices["/dev/hwrng"] = nil
            $0.devices["/dev/tpmrm0"] = nil
            $0.hasRDSEED = false
            $0.daemon = nil
            $0.userGroups = []
            $0.control = .failed(reason: "none")
        }
        #expect(nothing.map(\.subject) == ["daemon", "sources"])
    }

    @Test func withoutVhostVsockNoGuestStarts() throws {
        let finding = try fault { $0.devices["/dev/vhost-vsock"] = nil }
        #expect(finding.verdict == .fail)
        #expect(finding.fix?.hasPrefix("sudo modprobe vhost_vsock") == true)
    }

    @Test func libvirtThatDoesNotAnswerFailsAndNothingIsSaidOfGuests() throws {
        let finding = try fault { $0.libvirt = .failed(reason: "no libvirtd") }
        #expect(finding.subject == "libvirt" && finding.verdict == .fail)
        var facts = try Self.good()
        facts.libvirt = .failed(reason: "no libvirtd")
        #expect(!HostChecks.all(facts).contains { $0.subject == "guests" })
        let lost = try fault {
            var status = Self.status()
            status.libvirt.state = "lost"
            $0.control = .answered(status, GuestList(guests: [Self.row()]))
        }
        #expect(lost.text == "it answers here, but for the daemon it is lost")
    }

    @Test func whoIsNotInTheGroupIsToldWhichToJoin() throws {
        let finding = try fault { $0.caller.groups = ["users"] }
        #expect(finding.fix == "sudo usermod -aG entmesh $USER, and log in again")
        #expect(try fault { $0.hasReadersGroup = false }.verdict == .fail)
    }

    @Test(arguments: [(true, Finding.Verdict.ok), (false, .fail)])
    func swapMattersToATankThatIsNotLocked(
        _ isLocked: Bool, _ verdict: Finding.Verdict
    ) throws {
        var facts = try Self.good()
        facts.swaps = [.init(path: "/dev/sda2", isHarmless: false)]
        facts.control = .answered(Self.status(isLocked: isLocked), GuestList(guests: []))
        #expect(HostChecks.swap(facts).verdict == verdict)
        facts.swaps = [.init(path: "/dev/zram0", isHarmless: true)]
        #expect(HostChecks.swap(facts).verdict == .ok)
    }

    @Test(arguments: [(64 + 2, Finding.Verdict.ok), (64 + 1, .fail)])
    func eachGuestTakesAFile(_ limit: UInt64, _ verdict: Finding.Verdict) throws {
        var facts = try Self.good()
        facts.libvirt = .reached(
            version: "9.0.0", domains: [try Self.domain("a"), try Self.domain("b")])
        facts.daemon?.openFileLimit = .most(limit)
        #expect(HostChecks.limits(facts).map(\.verdict) == [.ok, verdict])
    }

    @Test func whatCannotBeReadIsNotTakenForGood() throws {
        let limits =
            try faults { $0.daemon?.lockedMemoryLimit = .unknown }
            + faults { $0.daemon?.openFileLimit = .unknown }
        #expect(limits.map(\.verdict) == [.warn, .warn])
        #expect(limits.allSatisfy { $0.subject == "limits" && $0.text.hasSuffix("cannot be read") })
        let clock = try fault { $0.isClockSynchronised = nil }
        #expect(clock.verdict == .warn && clock.text.hasPrefix("the kernel does not say"))
    }

    @Test(arguments: [
        (HypervisorError.notPermitted(attempted: "", message: ""), "sudo entmesh doctor, or: "),
        (.timedOut(attempted: ""), "sudo systemctl restart libvirtd"),
        (.libvirt(attempted: "", code: 38, message: ""), "sudo systemctl enable --now libvirtd"),
        (.unsuitableURI("", reason: ""), "entmesh doctor -c qemu:///system"),
    ])
    func libvirtThatFailsIsMendedByTheCause(_ error: HypervisorError, _ fix: String) throws {
        let finding = try fault {
            $0.libvirt = .failed(reason: "x", cause: HostFacts.LibvirtFailure(error))
        }
        #expect(finding.fix?.hasPrefix(fix) == true)
    }

    @Test func otherFeedersAreTold() throws {
        let finding = try fault { $0.feeders = ["rngd"] }
        #expect(finding.fix?.hasPrefix("sudo systemctl disable --now rngd") == true)
    }

    @Test func whatToTypeHasTheUUIDWhereTheNameWouldMeanSomethingElse() throws {
        let finding = try fault {
            $0.libvirt = .reached(
                version: "9.0.0", domains: [try Self.domain("$(reboot)", cid: nil)])
        }
        #expect(finding.text == "$(reboot) has no vsock device")
        #expect(finding.fix == "sudo entmesh attach 00000000-0000-4000-8000-000000000001")
        let domain = try Self.domain("a;b", cid: nil, hasGenID: false)
        let fixes =
            GuestChecks.all(domain, nil).compactMap(\.fix) + [
                GuestChecks.state(domain.shutOff).fix ?? ""
            ]
        #expect(fixes.count { $0.contains("00000000-0000-4000-8000-000000000001") } == 3)
        #expect(!fixes.contains { $0.contains("a;b") })
    }

    @Test func ofAgentsNothingIsSaidUnlessTheDaemonAnswers() throws {
        let finding = try fault {
            $0.control = .failed(reason: "permission denied")
            $0.libvirt = .reached(
                version: "9.0.0", domains: [try Self.domain("web1", hasRNG: false)])
        }
        #expect(finding.subject == "daemon")
    }

    @Test func whatGuestsLackIsToldOnceWithNamesAndTheCommand() throws {
        let bare = try (1...7).map { try Self.domain("bare\($0)", cid: nil) }
        let findings = try faults {
            $0.libvirt = .reached(version: "9.0.0", domains: bare)
            $0.control = .answered(Self.status(), GuestList(guests: []))
        }
        #expect(
            findings == [
                .warn(
                    "guests",
                    "bare1, bare2, bare3, bare4, bare5 and 2 more have no vsock device",
                    fix: "sudo entmesh attach bare1")
            ])
        let silent = try fault {
            let guests = GuestList(guests: [Self.row(mode: .none, isConnected: false)])
            $0.control = .answered(Self.status(), guests)
        }
        #expect(silent.text == "web1 has an agent that never connected")
        let off = Self.row(mode: .none, isConnected: false, note: GuestRow.switchedOffNote)
        #expect(
            try faults { $0.control = .answered(Self.status(), GuestList(guests: [off])) }.isEmpty)
        let old = try fault {
            $0.libvirt = .reached(
                version: "9.0.0", domains: [try Self.domain("web1", hasGenID: false)])
        }
        #expect(old.text.hasPrefix("web1 has no generation ID"))
    }
}
