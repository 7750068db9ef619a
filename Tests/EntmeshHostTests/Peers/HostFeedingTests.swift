// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConfig
import EntmeshConnection
import EntmeshControl
import EntmeshNode
import EntmeshSources
import EntmeshTestSupport
import Testing

@testable import EntmeshHost

/// Hosts feed hosts, by need and by trust. That nothing is sent twice by anybody, and that all books
/// balance, is checked after each of these.
@Suite(.timeLimit(.minutes(5)))
struct HostFeedingTests {
    @Test func anEmptyHostIsFilledByAFullOne() async throws {
        let full = Member("a") { $0.knows("b") }
        let empty = Member("b") {
            $0.budget = 0
            $0.knows("a", dials: true)
        }
        try await TestMesh.run([full, empty]) { mesh in
            try await mesh.until("b") { $0.tank.level >= 90 }
            try await mesh.until("b", "a") { ($0.ourLevel ?? 0) >= 90 }
            // It goes on while one looks: what the two say agrees once all is there and reported.
            try await poll("a knows what b announced") {
                let level = try await mesh.row("b", "a").ourLevel
                return try await mesh.row("a", "b").theirLevel == level
            }
            try await poll("M holds what was conditioned: 64 bytes for every 72 that came") {
                let came = try await mesh.row("b", "a").receivedBytes
                return try await mesh["b"].status().tank.received == came * 8 / 576 * 64
            }
            let (given, got) = (try await mesh.row("a", "b"), try await mesh.row("b", "a"))
            #expect(got.receivedBytes > 50_000 && given.sentBytes > 50_000)
            #expect(given.dialledBy == "them" && got.dialledBy == "us")
            #expect(given.keyExchange == "X25519MLKEM768" && got.lastError == nil)
        }
    }

    @Test func entropyFlowsToWhoeverRunsDry() async throws {
        // Both are full at first; then one after the other is drained by a guest of its own.
        let a = Member("a") {
            $0.budget = 1 << 16
            $0.knows("b")
        }
        let b = Member("b") {
            $0.budget = 1 << 16
            $0.knows("a", dials: true)
        }
        try await TestMesh.run([a, b]) { mesh in
            try await mesh.linked("a", "b")
            // What is given on the way is conditioned, and so less.
            for name in ["a", "b"] { try await mesh.until(name) { $0.tank.level >= 80 } }
            let before = try await mesh.row("a", "b").sentBytes
            try await mesh.empty("b")
            try await mesh.until("b") { $0.tank.level >= 30 }
            // Not how low a comes: of its own budget there may be some left.
            try await mesh.until("a", "b") { $0.sentBytes >= before + 8192 }
            try await mesh.empty("a")
            try await mesh.until("a") { $0.tank.level >= 10 }
        }
    }

    @Test func aHostThatTakesNothingIsNotGivenAnythingButGives() async throws {
        let a = Member("a") { $0.knows("b") { $0.trust = .refuse } }
        let b = Member("b") {
            $0.budget = 0
            $0.knows("a", dials: true)
        }
        try await TestMesh.run([a, b]) { mesh in
            try await mesh.until("b") { $0.tank.level >= 90 }
            try await mesh.empty("a")
            try await mesh.until("a") { $0.tank.level >= 90 }
            let row = try await mesh.row("a", "b")
            #expect(row.receivedBytes == 0 && row.ourLevel == nil && row.sentBytes > 0)
        }
    }

    @Test func aHostThatIsNotToBeGivenAnythingGetsNothing() async throws {
        let a = Member("a") { $0.knows("b") { $0.sends = false } }
        let b = Member("b") {
            $0.budget = 0
            $0.knows("a", dials: true)
        }
        try await TestMesh.run([a, b]) { mesh in
            try await mesh.linked("a", "b")
            try await mesh.until("a") { $0.tank.level >= 99 }
            let row = try await mesh.row("b", "a")
            #expect(row.receivedBytes == 0)
            #expect(try await mesh["b"].status().tank.level == 0)
        }
    }

    @Test func byDefaultWhatAHostGivesIsMixedInAndNeverRaisesTheLevel() async throws {
        let a = Member("a") { $0.knows("b") }
        let b = Member("b") {
            $0.budget = 0
            $0.knows("a", dials: true) { $0.trust = PeerHost(name: "a").trust }
        }
        try await TestMesh.run([a, b]) { mesh in
            try await mesh.until("b", "a") { $0.receivedBytes == 32 }
            #expect(try await mesh.row("b", "a").receives == "mix")
            try await mesh.until("a", "b") { $0.sentBytes == 32 && $0.theirLevel == 100 }
            // Not before it is stale by as much as is significant, and then no more than before.
            await mesh.pass(.seconds(70))
            try await mesh.until("a", "b") { $0.sentBytes == 64 }
            #expect(try await mesh["b"].status().tank.received == 0)
        }
    }

    @Test func noMoreIsCreditedThanTheConfigurationAllows() async throws {
        let a = Member("a") {
            $0.budget = 1 << 14
            $0.knows("b")
        }
        let b = Member("b") {
            $0.budget = 0
            $0.tank = 1 << 14
            $0.knows("a", dials: true) { $0.creditAtMost = .half }
        }
        try await TestMesh.run([a, b]) { mesh in
            try await mesh.until("b") { $0.tank.received >= 2048 }
            try await mesh.until("b") { $0.tank.received > 0 }
            let (received, row) = (
                try await mesh["b"].status().tank.received, try await mesh.row("b", "a")
            )
            #expect(received <= row.receivedBytes * 4 / 576 * 64)
        }
    }

    @Test func whatGoesRoundInALoopNeverComesBackAsItWas() async throws {
        let ring = [("a", "b"), ("b", "c"), ("c", "a")]
        let members = ring.map { name, next in
            Member(name) { member in
                member.budget = name == "a" ? 1 << 16 : 0
                member.knows(next, dials: true) { $0.trust = .refuse }
                let previous = ring.first { $0.1 == name }?.0 ?? ""
                member.knows(previous) { $0.sends = false }
            }
        }
        try await TestMesh.run(members) { mesh in
            // a gives half of what it has to b, b to c, and c what a lacks then.
            try await mesh.until("c") { $0.tank.level >= 15 }
            try await mesh.empty("a")
            try await mesh.until("a", "c") { $0.receivedBytes > 0 }
            #expect(mesh.sentPieces > 500)
        }
    }

    @Test func twoEmptyHostsMoveNothingAndTwoThatShareComeToRest() async throws {
        let a = Member("a") {
            $0.budget = 1 << 15
            $0.knows("b")
        }
        let b = Member("b") {
            $0.budget = 0
            $0.knows("a", dials: true)
        }
        let empty = Member("c") {
            $0.budget = 0
            $0.knows("d")
        }
        let other = Member("d") {
            $0.budget = 0
            $0.knows("c", dials: true)
        }
        try await TestMesh.run([a, b, empty, other]) { mesh in
            try await mesh.linked("c", "d")
            try await mesh.until("b") { $0.tank.level >= 18 }
            try await mesh.until("a") { $0.tank.inFlight == 0 }
            let moved = try await mesh.row("b", "a")
            // Nobody has anything to do now; were it to slosh, it would in this time.
            await mesh.pass(.seconds(10))
            let later = try await mesh.row("b", "a")
            #expect(later.receivedBytes - moved.receivedBytes < 4096 && later.sentBytes == 0)
            #expect(try await mesh.row("c", "d").sentBytes == 0)
            #expect(try await mesh.row("d", "c").sentBytes == 0)
        }
    }

    @Test func guestsAreFedFromWhatAnotherHostGave() async throws {
        let a = Member("a") { $0.knows("b") }
        let b = Member("b") {
            $0.budget = 0
            $0.knows("a", dials: true)
        }
        try await TestMesh.run([a, b]) { mesh in
            try await mesh.until("b") { $0.tank.level >= 50 }
            let path = mesh.directory.path("guest")
            let guest = try await FakeGuest(mesh.directory.path("b-guests"), as: path, .polite)
            try await poll("the guest is fed") {
                try await mesh["b"].guestList().guests.first { $0.name == path }?.servedBytes ?? 0
                    >= 32
            }
            try await guest.hangUp()
        }
    }

    @Test func allWhoGiveAreToldWhatOneOfThemGave() async throws {
        let givers = ["a", "b"].map { name in
            Member(name) { member in
                member.budget = name == "a" ? Int.max : 0
                member.knows("c")
            }
        }
        let taker = Member("c") {
            $0.budget = 0
            $0.knows("a", dials: true)
            $0.knows("b", dials: true) { $0.sends = false }
        }
        try await TestMesh.run(givers + [taker]) { mesh in
            try await mesh.linked("c", "b")
            try await mesh.until("c") { $0.tank.level >= 90 }
            let level = try await mesh["c"].status().tank.level
            // b gave nothing, and yet knows.
            try await mesh.until("b", "c") { $0.theirLevel ?? 0 >= level - 1 }
            #expect(try await mesh.row("b", "c").sentBytes == 0)
        }
    }

    @Test func hostsComeAndGoByAReload() async throws {
        let a = Member("a") { $0.knows("b") }
        let b = Member("b") {
            $0.budget = 0
            $0.knows("a", dials: true)
        }
        try await TestMesh.run([a, b]) { mesh in
            try await mesh.until("b") { $0.tank.level >= 90 }
            var settings = HostSettings()
            settings.peers = try mesh.peers(of: b)
            let hosts = settings.peers.hosts
            settings.peers.hosts = []
            try await mesh["b"].reload(settings, identity: nil)
            #expect(try await mesh["b"].peerList().peers.isEmpty)
            try await mesh.until("a", "b") { $0.state == .waiting }
            #expect(await mesh.counter("b", "closed", "switched-off") == 1)
            settings.peers.hosts = hosts
            try await mesh["b"].reload(settings, identity: nil)
            try await mesh.linked("a", "b")
            // Nothing that it takes or is given changes: it stays.
            settings.peers.hosts[0].creditAtMost = .half
            try await mesh["b"].reload(settings, identity: nil)
            #expect(try await mesh.row("b", "a").state == .connected)
        }
    }

    @Test func bothEndsCloseTogetherWhatTheyTakeAnewAfterAReload() async throws {
        let a = Member("a") { $0.knows("b") }
        var b = Member("b") {
            $0.budget = 0
            $0.knows("a", dials: true) { $0.trust = .refuse }
        }
        try await TestMesh.run([a, b]) { mesh in
            try await mesh.linked("a", "b")
            b.hosts[0].trust = .credit
            var settings = HostSettings()
            settings.peers = try mesh.peers(of: b)
            try await mesh["b"].reload(settings, identity: nil)
            try await mesh.until("b") { $0.tank.level >= 90 }
        }
    }
}

extension EntropyClaim {
    /// Four bits a byte.
    fileprivate static let half = (try? EntropyClaim(bitsPerByte: 4)) ?? .full
}
