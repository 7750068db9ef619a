// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import EntmeshControl
import EntmeshLibvirt
import EntmeshNode
import Glibc
import Testing

@testable import EntmeshHost

let isRoot = geteuid() == 0

extension DomainUUID {
    /// A UUID for the domain number `number` of a test.
    static func test(_ number: UInt8) -> DomainUUID {
        DomainUUID(bytes: [UInt8](repeating: 0xD0, count: 15) + [number]) ?? .none
    }
}

extension TestHost {
    /// A domain named as the guest `name` dials.
    func domain(
        _ name: String, _ number: UInt8 = 1, id: Int? = 1, state: DomainState = .running,
        cid: UInt32? = 3
    ) -> Domain {
        Domain(
            uuid: .test(number), name: self.name(name), id: id, state: state,
            guestCID: id == nil ? nil : cid, hasVsock: true)
    }

    func tell(_ kind: DomainEvent.Kind, _ domain: Domain) async {
        await node.apply(
            .event(DomainEvent(uuid: domain.uuid, name: domain.name, kind: kind), domain))
    }
}

extension HostNode {
    var knownDomains: Int { directory.records.count }

    /// What a reseed does, without the wait.
    func markForTest(_ name: String) {
        guard let record = directory.named(name) else { return }
        mark(record, .reseedAsked, renewsFirstClass: false)
        pump()
    }
}

/// What libvirt tells, and what it means for sessions, marks and identities.
@Suite(.timeLimit(.minutes(5)))
struct DomainEventTests {
    /// Connects the guest `web1`, which libvirt knows as number 1, and feeds it once.
    private func withFedGuest(
        _ body: (TestHost, FakeGuest) async throws -> Void
    ) async throws {
        try await TestHost.run { host in
            await host.node.apply(.connected([host.domain("web1")]))
            let guest = try await host.guest("web1")
            #expect(await guest.block() != nil)
            try await host.until("web1") { $0.seeding == .seeded }
            #expect(await host.row("web1")?.uuid == "\(DomainUUID.test(1))")
            try await body(host, guest)
        }
    }

    @Test func aRestoreIsReportedTwiceAndTheSessionBetweenTheTwoIsKept() async throws {
        try await withFedGuest { host, before in
            let restored = host.domain("web1", id: 2, state: .paused)
            await host.tell(.started(.restored), restored)
            #expect(await before.ending() != nil)
            let between = try await host.guest("web1", .silent)
            #expect(await between.block() != nil)
            await host.tell(.resumed(.fromSnapshot), host.domain("web1", id: 2))
            // Kept; but the block from before the second event does not lift the mark.
            try await between.acknowledge(1, .reseeded)
            #expect(await between.block() != nil)
            try await host.until("web1") { $0.note == "restored, not yet reseeded" }
            try await between.acknowledge(2, .reseeded)
            try await host.until("web1") { $0.note == "restored, reseeded, source port not seen" }
            #expect(host.log.count("guest reseeded") == 1)
        }
    }

    @Test func aRevertInThePlaceEndsTheSessionAndWhatIsInFlight() async throws {
        try await withFedGuest { host, guest in
            try await guest.behave(.silent)
            await host.node.markForTest(host.name("web1"))
            #expect(await guest.block() != nil)
            await host.tell(.resumed(.fromSnapshot), host.domain("web1"))
            #expect(await guest.ending() == .memoryRestored)
            try await host.until("web1") { $0.discardedBytes == 32 }
            let again = try await host.guest("web1")
            #expect(await again.block() != nil)
            try await host.until("web1") { $0.note == "reverted, reseeded, source port not seen" }
        }
    }

    @Test func aRevertAfterARestoreThatStayedPausedEndsTheSession() async throws {
        try await withFedGuest { host, _ in
            await host.tell(.started(.restored), host.domain("web1", id: 2, state: .paused))
            await host.tell(.suspended(.restored), host.domain("web1", id: 2, state: .paused))
            await host.tell(.resumed(.unpaused), host.domain("web1", id: 2))
            let guest = try await host.guest("web1")
            #expect(await guest.block() != nil)
            await host.tell(.resumed(.fromSnapshot), host.domain("web1", id: 2))
            #expect(await guest.ending() == .memoryRestored)
        }
    }

    @Test func aRebootMarksTheGuest() async throws {
        try await withFedGuest { host, guest in
            await host.tell(.reboot, host.domain("web1"))
            #expect(await guest.ending() == .memoryRestored)
            #expect(await host.row("web1")?.seeding == .unknown)
            let again = try await host.guest("web1", Manners(isReady: false, outcome: .seeded))
            #expect(await again.block() != nil)
            try await host.until("web1") { $0.note == "reset, seeded, source port not seen" }
        }
    }

    @Test func aPauseIsNoReasonForAnything() async throws {
        try await withFedGuest { host, guest in
            await host.tell(.suspended(.paused), host.domain("web1", state: .paused))
            #expect(await host.row("web1")?.state == "paused")
            await host.tell(.resumed(.unpaused), host.domain("web1"))
            #expect(await host.row("web1")?.seeding == .seeded)
            #expect(await host.row("web1")?.isConnected == true)
        }
    }

    // F31.
    @Test func aStopEndsTheSessionWithWhatIsInFlight() async throws {
        try await withFedGuest { host, guest in
            try await guest.behave(.silent)
            await host.node.markForTest(host.name("web1"))
            #expect(await guest.block() != nil)
            await host.tell(.stopped(.destroyed), host.domain("web1", id: nil, state: .shutOff))
            #expect(await guest.ending() == .domainGone)
            let row = try #require(await host.row("web1"))
            #expect(!row.isActive && row.id == nil && row.state == "shut off")
            #expect(row.servedBytes == 32 && row.discardedBytes == 32)
        }
    }

    @Test func aSavedGuestSaysWhatWillHappen() async throws {
        try await withFedGuest { host, _ in
            await host.tell(.stopped(.saved), host.domain("web1", id: nil, state: .saved))
            #expect(await host.row("web1")?.note == "reseeded when it is restored")
        }
    }

    // F30.
    @Test func countersStayWithTheUUIDWhenTheNameChanges() async throws {
        try await withFedGuest { host, guest in
            await host.tell(.stopped(.shutdown), host.domain("web1", id: nil, state: .shutOff))
            await host.tell(.undefined(.renamed), host.domain("web2", id: nil, state: .shutOff))
            await host.tell(.defined(.renamed), host.domain("web2", id: nil, state: .shutOff))
            #expect(await host.row("web1") == nil)
            #expect(await host.row("web2")?.servedBytes == 32)
            #expect(await host.row("web2")?.mode == .agent)
        }
    }

    @Test func aDomainThatIsGoneIsNotListedAndItsCountersComeBackWithIt() async throws {
        try await withFedGuest { host, guest in
            await host.node.apply(
                .event(
                    DomainEvent(
                        uuid: .test(1), name: host.name("web1"), kind: .undefined(.removed)), nil))
            #expect(await guest.ending() == .domainGone)
            #expect(await host.node.guestList().guests.isEmpty)
            await host.node.apply(.resynced([host.domain("web1", id: 9)]))
            #expect(await host.row("web1")?.servedBytes == 32)
        }
    }

    @Test func aNewMachineOfTheSameDomainEndsTheSessionOfTheOldOne() async throws {
        try await withFedGuest { host, guest in
            await host.node.apply(.resynced([host.domain("web1", id: 2)]))
            #expect(await guest.ending() == .domainGone)
        }
    }

    @Test func aResyncThatChangesNothingDisturbsNobody() async throws {
        try await withFedGuest { host, _ in
            await host.node.apply(.resynced([host.domain("web1")]))
            #expect(await host.row("web1")?.seeding == .seeded)
        }
    }

    // F29.
    @Test func whoIsConnectedStaysWhenLibvirtGoesAndIsFedWhenItComesBack() async throws {
        try await withFedGuest { host, guest in
            await host.node.apply(.lost(reason: "libvirtd closed it\u{1B}[2J"))
            var status = await host.node.status()
            #expect(status.libvirt.state == "lost")
            #expect(status.libvirt.lastError == "libvirtd closed it\\u{1b}[2J")
            #expect(await host.row("web1")?.isConnected == true)
            // A live revert may have gone unseen in between.
            await host.node.apply(.connected([host.domain("web1")]))
            #expect(await guest.block() != nil)
            try await host.until("web1") {
                $0.note == "libvirt was away, reseeded, source port not seen"
            }
            status = await host.node.status()
            #expect(status.libvirt.state == "connected" && status.libvirt.lastError == nil)
        }
    }

    @Test func aMarkThatNobodyLiftedIsStillToldAfterAFreshStart() async throws {
        try await withFedGuest { host, _ in
            await host.tell(.started(.restored), host.domain("web1", id: 2))
            await host.tell(.stopped(.destroyed), host.domain("web1", id: nil, state: .shutOff))
            await host.tell(.started(.booted), host.domain("web1", id: 3))
            let guest = try await host.guest("web1", .silent)
            #expect(await guest.block() != nil)
            try await host.until("web1") { $0.note == "restored, not yet reseeded" }
        }
    }

    @Test func aFreshStartForgetsTheMarkOfThePast() async throws {
        try await withFedGuest { host, _ in
            await host.tell(.started(.restored), host.domain("web1", id: 2))
            let restored = try await host.guest("web1")
            #expect(await restored.block() != nil)
            try await host.until("web1") { $0.note == "restored, reseeded, source port not seen" }
            await host.tell(.stopped(.destroyed), host.domain("web1", id: nil, state: .shutOff))
            await host.tell(.started(.booted), host.domain("web1", id: 3))
            let booted = try await host.guest("web1")
            #expect(await booted.block() != nil)
            try await host.until("web1") { $0.note == "seeded, source port not seen" }
        }
    }

    @Test func aDomainThatDoesNotRunHasNoGuestToFeed() async throws {
        try await TestHost.run { host in
            await host.node.apply(.connected([host.domain("web1", id: nil, state: .shutOff)]))
            let guest = try await host.guest("web1")
            #expect(await guest.ending() == .unknownGuest)
        }
    }

    @Test func countersOfDepartedDomainsAreKeptForABoundedNumberOfThem() async throws {
        try await TestHost.run { host in
            for batch in 0..<3 {
                let domains = (0..<1000).map { number in
                    Domain(
                        uuid: DomainUUID(number: UInt64(batch * 1000 + number + 1)),
                        name: "d\(number)", state: .shutOff)
                }
                await host.node.apply(.resynced(domains))
            }
            let kept = await host.node.knownDomains
            #expect(kept <= 1000 + 1024 && kept > 1000)
        }
    }
}
