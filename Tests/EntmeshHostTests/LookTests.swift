// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import EntmeshControl
import EntmeshLibvirt
import EntmeshNode
import EntmeshTestSupport
import Foundation
import Testing

@testable import EntmeshHost

/// Guests that dial before their events arrive: the daemon looks for itself.
@Suite(.timeLimit(.minutes(5)))
struct LookTests {
    /// Domains of libvirt's test driver: number N has the context ID 100 + N.
    private static func node(_ numbers: ClosedRange<UInt8>) -> String {
        let domains = numbers.map { number in
            """
            <domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>
              <name>d\(number)</name><uuid>\(DomainUUID.test(number))</uuid>
              <memory unit='MiB'>8</memory><os><type>hvm</type></os>
              <devices><vsock model='virtio'><cid auto='no' address='\(100 + UInt32(number))'/></vsock>
              </devices>
              <test:runstate>1</test:runstate>
            </domain>
            """
        }
        return "<node>\(domains.joined())</node>"
    }

    /// A node that was told of no domain, and a libvirt that knows some.
    private func withLibvirt(
        _ numbers: ClosedRange<UInt8>, _ body: @escaping (TestHost) async throws -> Void
    ) async throws {
        let directory = try TestDirectory()
        let file = directory.path("node.xml")
        try Data(Self.node(numbers).utf8).write(to: URL(fileURLWithPath: file))
        let hypervisor = try Hypervisor(uri: "test://" + file)
        try await TestHost.run { host in
            let (updates, told) = AsyncStream.makeStream(of: HypervisorUpdate.self)
            let follower = Task { try await hypervisor.run { told.yield($0) } }
            for await update in updates {
                if case .connected = update { break }
            }
            await host.node.follow(hypervisor)
            await host.node.apply(.connected([]))
            try await body(host)
            follower.cancel()
            try await follower.value
        }
    }

    @Test func everyGuestThatDialsBeforeItsEventIsFound() async throws {
        try await withLibvirt(1...20) { host in
            await withTaskGroup(of: Bool.self) { group in
                for number in UInt8(1)...20 {
                    group.addTask {
                        await host.node.identify(cid: 100 + UInt32(number))
                            == .guest(.test(number))
                    }
                }
                for await isFound in group { #expect(isFound) }
            }
            #expect(await host.node.guestList().guests.count == 20)
        }
    }

    @Test func aStrangerIsNotLookedForAgainAtOnceAndKeepsNobodyFromBeingFound() async throws {
        try await withLibvirt(1...1) { host in
            #expect(await host.node.identify(cid: 7) == .refused(.unknownGuest))
            #expect(await host.node.wasMissed(7))
            #expect(await host.node.identify(cid: 7) == .refused(.unknownGuest))
            #expect(await host.node.identify(cid: 101) == .guest(.test(1)))
            await host.pass(.seconds(1))
            #expect(await !host.node.wasMissed(7))
        }
    }

    @Test func whoLostACIDIsNotItsOwnerAnyMore() async throws {
        try await TestHost.run { host in
            let old = Domain(
                uuid: .test(1), name: "d1", id: 1, state: .running, guestCID: 101, hasVsock: true)
            await host.node.apply(.connected([old]))
            // libvirt has no such domain now, and its event is still on its way.
            #expect(await host.node.answer(101, seen: []) == .refused(.unknownGuest))
            await host.node.apply(.connected([old]))
            let new = Domain(
                uuid: .test(2), name: "d2", id: 2, state: .running, guestCID: 101, hasVsock: true)
            #expect(await host.node.answer(101, seen: [new]) == .guest(.test(2)))
            #expect(await host.node.identify(cid: 101) == .guest(.test(2)))
        }
    }

    @Test func whatAnEventToldMeanwhileIsNotOverwritten() async throws {
        try await TestHost.run { host in
            let running = Domain(
                uuid: .test(1), name: "d1", id: 1, state: .running, guestCID: 101, hasVsock: true)
            #expect(await host.node.answer(101, seen: [running]) == .guest(.test(1)))
            // It stops while libvirt is being read.
            let answer = await host.node.answer(101, seen: [running]) { node in
                node.apply(
                    .event(
                        DomainEvent(uuid: .test(1), name: "d1", kind: .stopped(.destroyed)),
                        running.shutOff))
            }
            #expect(answer == .refused(.unknownGuest))
            #expect(await host.node.guestList().guests.map(\.isActive) == [false])
        }
    }
}

extension HostNode {
    fileprivate func wasMissed(_ cid: UInt32) -> Bool { libvirt.wasMissed(cid, now: now) }

    /// What a look that has seen `domains` answers about `cid`, with what happens meanwhile.
    fileprivate func answer(
        _ cid: UInt32, seen domains: [Domain],
        meanwhile: @Sendable (isolated HostNode) -> Void = { _ in }
    ) -> Identification {
        let look = LibvirtView.Look(
            revision: libvirt.revision, task: Task { .success(domains) })
        meanwhile(self)
        return owner(ofCID: cid, in: domains, look)
    }
}
