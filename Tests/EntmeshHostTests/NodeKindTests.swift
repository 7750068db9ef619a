// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import EntmeshControl
import EntmeshLibvirt
import EntmeshNode
import EntmeshTestSupport
import Testing

@testable import EntmeshHost

/// Who dials as a guest is a kernel's pool: a buffer would be given more at once, and neither a
/// buffer nor a source is what a guest has.
@Suite(.timeLimit(.minutes(5)))
struct NodeKindTests {
    /// Says hello as a node of `kind` and asks for entropy; expects the door.
    private func expectRefusal(
        _ guest: FakeGuest, _ kind: NodeKind, _ host: TestHost
    ) async throws {
        let hello = Manners(kind: kind, capacity: 1 << 20).hello
        try await guest.send([.hello(hello), .level(0)])
        #expect(await guest.ending() == .unexpectedMessage)
        #expect(guest.numbers.isEmpty)
        #expect(await host.count("closed", "unexpected-message") == 1)
        let tank = await host.node.status().tank
        #expect(tank.inFlight == 0 && tank.delivered == 0 && tank.discarded == 0)
    }

    @Test(arguments: [NodeKind.buffer, .source])
    func aGuestOfLibvirtThatIsNoPoolIsTurnedAway(_ kind: NodeKind) async throws {
        try await TestHost.run { host in
            await host.node.apply(.connected([host.domain("web1")]))
            let guest = try await host.guest("web1", Manners.raw)
            try await expectRefusal(guest, kind, host)
            let row = try #require(await host.row("web1"))
            #expect(!row.isConnected && row.servedBytes == 0 && row.discardedBytes == 0)
            // What is in the machine may mend its ways.
            let polite = try await host.guest("web1")
            #expect(await polite.block() != nil)
        }
    }

    @Test(arguments: [NodeKind.buffer, .source])
    func aGuestOnASocketOfItsOwnThatIsNoPoolIsTurnedAway(_ kind: NodeKind) async throws {
        let configure: Configure = { configuration, directory in
            configuration.listeners.append(
                .unix(path: directory.path("own"), peer: .guest(name: "fc1")))
        }
        try await TestHost.run(configure: configure) { host in
            let guest = try await FakeGuest(host.directory.path("own"), Manners.raw)
            try await expectRefusal(guest, kind, host)
            let row = await host.node.guestList().guests.first { $0.name == "fc1" }
            #expect(row?.isConnected == false && row?.servedBytes == 0)
            let polite = try await FakeGuest(host.directory.path("own"))
            #expect(await polite.block() != nil)
        }
    }
}
