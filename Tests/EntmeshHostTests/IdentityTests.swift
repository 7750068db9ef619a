// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import EntmeshControl
import EntmeshLibvirt
import EntmeshNode
import Testing

@testable import EntmeshHost

/// Whose a context ID is. The sockets themselves are vsock's: see Tests/EndToEnd.
@Suite(.timeLimit(.minutes(5)))
struct IdentityTests {
    private func domain(_ number: UInt8, cid: UInt32?) -> Domain {
        Domain(
            uuid: .test(number), name: "d\(number)", id: cid == nil ? nil : Int(number),
            state: cid == nil ? .shutOff : .running, guestCID: cid, hasVsock: true)
    }

    @Test func aFixedRosterKnowsItsGuestsAndNobodyElse() async throws {
        let guests = [StaticGuest(name: "a", cid: 7), StaticGuest(name: "b", cid: 8)]
        let configure: Configure = { configuration, _ in
            configuration.roster = .fixed(guests)
        }
        try await TestHost.run(configure: configure) { host in
            #expect(await host.node.identify(cid: 7) == .guest(DomainUUID(number: 7)))
            #expect(await host.node.identify(cid: 8) == .guest(DomainUUID(number: 8)))
            #expect(await host.node.identify(cid: 9) == .refused(.unknownGuest))
            #expect(await host.node.guestList().guests.map(\.name) == ["a", "b"])
        }
    }

    /// Who dialled before the daemon ran waits in the socket it took over: not refused for good.
    @Test func whoDialsBeforeLibvirtWasAskedIsToldToComeAgain() async throws {
        var configuration = HostConfiguration(
            listeners: [], roster: .libvirt(uri: "test:///default"),
            clock: { Moment(nanoseconds: 0) })
        configuration.allowsUnlockedMemory = true
        configuration.tankCapacity = 1 << 16
        let agent = try HostAgent(
            configuration: configuration, feed: TestFeed(), log: LogLines().logger)
        #expect(await agent.node.identify(cid: 7) == .refused(.hypervisorUnavailable))
    }

    @Test func twoRunningDomainsWithOneCIDAreBothRefused() async throws {
        try await TestHost.run { host in
            await host.node.apply(.connected([domain(1, cid: 7), domain(2, cid: 7)]))
            #expect(await host.node.identify(cid: 7) == .refused(.ambiguousGuest))
            await host.node.apply(.resynced([domain(1, cid: nil), domain(2, cid: 7)]))
            #expect(await host.node.identify(cid: 7) == .guest(.test(2)))
        }
    }

    // F30.
    @Test func aCIDThatChangesHandsIsTheNewOwners() async throws {
        try await TestHost.run { host in
            await host.node.apply(.connected([domain(1, cid: 7), domain(2, cid: nil)]))
            await host.tell(.stopped(.destroyed), domain(1, cid: nil))
            #expect(await host.node.identify(cid: 7) == .refused(.unknownGuest))
            await host.tell(.started(.booted), domain(2, cid: 7))
            #expect(await host.node.identify(cid: 7) == .guest(.test(2)))
        }
    }

    // F29.
    @Test func theLastKnownMapServesForAMinuteWithoutLibvirt() async throws {
        try await TestHost.run { host in
            // Never connected: what it would say is told to the node by hand.
            await host.node.follow(try Hypervisor(uri: "test:///default"))
            #expect(await host.node.identify(cid: 7) == .refused(.hypervisorUnavailable))
            await host.node.apply(.connected([domain(1, cid: 7)]))
            #expect(await host.node.identify(cid: 7) == .guest(.test(1)))
            await host.node.apply(.lost(reason: "gone"))
            host.clock.advance(by: .seconds(59))
            #expect(await host.node.identify(cid: 7) == .guest(.test(1)))
            #expect(await host.node.identify(cid: 8) == .refused(.unknownGuest))
            // Another reason for the same loss does not begin the minute anew.
            await host.node.apply(.lost(reason: "still gone"))
            host.clock.advance(by: .seconds(1))
            #expect(await host.node.identify(cid: 7) == .refused(.hypervisorUnavailable))
            await host.node.apply(.connected([domain(1, cid: 7)]))
            #expect(await host.node.identify(cid: 7) == .guest(.test(1)))
        }
    }

    @Test func aNumberIsAnIDAndNeverAName() async throws {
        try await TestHost.run { host in
            let named = Domain(uuid: .test(1), name: "5", id: 4, state: .running)
            let numbered = Domain(uuid: .test(2), name: "web1", id: 5, state: .running)
            await host.node.apply(.connected([named, numbered]))
            #expect(await host.node.uuidNamed("5") == .test(2))
            #expect(await host.node.uuidNamed("4") == .test(1))
            #expect(await host.node.uuidNamed("6") == nil)
            #expect(await host.node.uuidNamed("web1") == .test(2))
            #expect(await host.node.uuidNamed("\(DomainUUID.test(1))") == .test(1))
            #expect(await host.node.uuidNamed("") == nil)
        }
    }

    @Test func tenConnectionsASecondAreTakenFromOneAddress() {
        var limiter = AcceptLimiter()
        let start = Moment(nanoseconds: 5_000_000_000)
        #expect(admitted(20, &limiter, start) == 10)
        #expect(admitted(1, &limiter, start, .cid(8)) == 1)
        #expect(admitted(1, &limiter, start + .milliseconds(99)) == 0)
        #expect(admitted(1, &limiter, start + .milliseconds(101)) == 1)
        #expect(admitted(50, &limiter, start + .seconds(60)) == 10)
    }

    private func admitted(
        _ count: Int, _ limiter: inout AcceptLimiter, _ now: Moment,
        _ address: AcceptLimiter.Address = .cid(7)
    ) -> Int {
        var admitted = 0
        for _ in 0..<count where limiter.admit(address, now: now) { admitted += 1 }
        return admitted
    }

    @Test func oneLineASubjectInTenSecondsIsLogged() {
        var limiter = LogLimiter()
        let start = Moment(nanoseconds: 0)
        let seconds: [(String, Int64)] = [("a", 0), ("a", 0), ("b", 0), ("a", 9), ("a", 10)]
        var heldBack: [Int?] = []
        for (subject, second) in seconds {
            heldBack.append(limiter.admit(subject, now: start + .seconds(second)))
        }
        #expect(heldBack == [0, nil, 0, nil, 2])
    }
}

extension HostNode {
    func uuidNamed(_ text: String) -> DomainUUID? { directory.named(text)?.domain.uuid }
}
