// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import CLibvirt
import Dispatch
import Testing

@testable import EntmeshLibvirt

@Suite("A hypervisor that loses libvirt")
struct HypervisorLossTests {
    private let web = TestDomain(1, "web1").cid(7)

    @Test("says why once, goes on trying, and connects when libvirt is back")
    func connectsLate() async throws {
        let node = try TestNode(nil)
        try await Watch.of(node) { watch in
            #expect(try await watch.lost().contains("could not connect to libvirt at test://"))
            await #expect(throws: HypervisorError.notConnected) {
                try await watch.hypervisor.domain(uuid: web.uuid)
            }
            try node.write([web])
            #expect(try await watch.connected().count == 1)
        }
    }

    @Test("connects anew after the connection was closed, and reads everything anew")
    func reconnects() async throws {
        try await Watch.of(try TestNode([web])) { watch in
            _ = try await watch.connected()
            try await watch.operate(on: web) { virDomainSuspend($0) }
            #expect(try await watch.event().domain?.state == .paused)
            try await watch.hypervisor.withConnection { connection in
                connection.inbox.post(.closed(reason: "libvirtd went away"))
            }
            #expect(try await watch.lost().contains("libvirtd went away"))
            // Another connection to the test driver begins with what the file says.
            #expect(try await watch.connected()["web1"]?.state == .running)
            try await watch.operate(on: web) { virDomainSuspend($0) }
            #expect(try await watch.event().event.kind == .suspended(.paused))
        }
    }

    @Test("still tells the events that libvirt had told before")
    func tellsUnconfirmed() async throws {
        try await Watch.of(try TestNode([web])) { watch in
            _ = try await watch.connected()
            let restored = DomainEvent(uuid: web.uuid, name: "web1", kind: .started(.restored))
            try await watch.hypervisor.withConnection { connection in
                connection.inbox.post(.closed(reason: "gone"))
                connection.inbox.post(.event(restored))
            }
            guard case .unconfirmedEvent(let event) = try await watch.next() else {
                throw Watch.Unexpected(wanted: "unconfirmedEvent")
            }
            #expect(event == restored)
            #expect(try await watch.lost().contains("gone"))
            _ = try await watch.connected()
        }
    }

    @Test("takes a flood of events for a loss instead of growing")
    func overflows() async throws {
        let limits = HypervisorLimits.test { $0.waitingEvents = 4 }
        try await Watch.of(try TestNode([web]), limits: limits) { watch in
            _ = try await watch.connected()
            let event = DomainEvent(uuid: web.uuid, name: "web1", kind: .reboot)
            try await watch.hypervisor.withConnection { connection in
                for _ in 0..<100 { connection.inbox.post(.event(event)) }
            }
            var told = 0
            while true {
                let update = try await watch.next()
                if case .lost(let reason) = update {
                    #expect(reason.contains("more than 4 events"))
                    break
                }
                told += 1
            }
            #expect((4...6).contains(told))
            _ = try await watch.connected()
        }
    }

    @Test("because it hangs answers within the deadline, and recovers")
    func hangs() async throws {
        let gate = DispatchSemaphore(value: 0)
        let (begun, announce) = AsyncStream<Void>.makeStream()
        try await Watch.of(try TestNode([web])) { watch in
            _ = try await watch.connected()
            let hypervisor = watch.hypervisor
            let hanging = Task {
                try await hypervisor.withConnection { _ in
                    announce.yield()
                    gate.wait()
                }
            }
            for await _ in begun { break }
            let error = await #expect(throws: HypervisorError.self) {
                try await watch.hypervisor.domain(uuid: web.uuid, deadline: .milliseconds(20))
            }
            #expect(error == .timedOut(attempted: "read domain \(web.uuid)"))
            gate.signal()
            try await hanging.value
            #expect(
                try await watch.hypervisor.domain(uuid: web.uuid, deadline: .seconds(60))?.guestCID
                    == 7)
        }
    }

    @Test("is told only one thing at a time: a second run is refused")
    func runsOnce() async throws {
        try await Watch.of(try TestNode([web])) { watch in
            _ = try await watch.connected()
            await #expect(throws: HypervisorError.alreadyRunning) {
                try await watch.hypervisor.run { _ in }
            }
        }
    }

    @Test("can be run again after it was cancelled")
    func runsAgain() async throws {
        let hypervisor = try Hypervisor(
            uri: try TestNode(nil).uri, access: .readOnly, limits: .test)
        for _ in 0..<3 {
            let (told, continuation) = AsyncStream<Void>.makeStream()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await hypervisor.run { _ in continuation.yield() } }
                for await _ in told { break }
                group.cancelAll()
                try await group.waitForAll()
            }
        }
    }

    @Test("has a next step in each of its errors")
    func describesErrors() {
        let errors: [HypervisorError] = [
            .unsuitableURI("x", reason: "y"), .alreadyRunning, .noThread(errno: 11),
            .notConnected, .connectionClosed(reason: "y"), .timedOut(attempted: "list"),
            .tooManyRequests(limit: 1), .tooManyEvents(limit: 1),
            .libvirt(attempted: "list", code: 38, message: "y"), .cancelled,
        ]
        #expect(Set(errors.map(\.description)).count == errors.count)
        #expect(errors.allSatisfy { $0.description.count > 20 })
    }
}
