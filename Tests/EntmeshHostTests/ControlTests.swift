// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import EntmeshControl
import EntmeshLibvirt
import EntmeshNode
import EntmeshTestSupport
import Foundation
import NIOCore
import Testing

@testable import EntmeshHost

/// The control socket: who may what, and what bad input gets.
@Suite(.timeLimit(.minutes(5)))
struct ControlTests {
    @Test func theGuestsComeAsVersionedJSON() async throws {
        try await TestHost.run { host in
            let guest = try await host.guest("web1")
            #expect(await guest.block() != nil)
            try await host.until("web1") { $0.servedBytes == 32 }
            let (status, body) = try await ControlDialogue.send(
                host.controlSocket, "GET", ControlAPI.guestsPath)
            #expect(status == 200)
            let list = try JSONDecoder().decode(GuestList.self, from: Data(body.utf8))
            #expect(list.version == 1 && list.guests.map(\.name) == [host.name("web1")])
            #expect(!body.contains("ENTMESH-TEST-TAG"))
        }
    }

    @Test func theStatusComesAsVersionedJSON() async throws {
        try await TestHost.run { host in
            let (status, body) = try await ControlDialogue.send(
                host.controlSocket, "GET", ControlAPI.statusPath)
            #expect(status == 200)
            let decoded = try JSONDecoder().decode(HostStatus.self, from: Data(body.utf8))
            #expect(decoded.version == 1 && decoded.tank.balances && decoded.tank.level >= 99)
            #expect(decoded.sources.map(\.name) == ["test"])
        }
    }

    @Test(.enabled(if: isRoot, "it takes uid 0"))
    func aReseedWaitsForItsReceipt() async throws {
        try await TestHost.run { host in
            let guest = try await host.guest("web1")
            #expect(await guest.block() != nil)
            let body = Array(#"{"domain":"\#(host.name("web1"))"}"#.utf8)
            let (status, answer) = try await ControlDialogue.send(
                host.controlSocket, "POST", ControlAPI.reseedPath, body: body)
            #expect(status == 200)
            let reply = try JSONDecoder().decode(ReseedReply.self, from: Data(answer.utf8))
            #expect(reply.version == 1 && reply.results.first?.outcome == "reseeded")
        }
    }

    // MARK: F52

    private static let bad: [(String, String, [UInt8], Int, String)] = [
        ("GET", "/", [], 404, "not-found"),
        ("GET", "/v1/guests/../../etc/passwd", [], 404, "not-found"),
        ("DELETE", "/v1/guests", [], 404, "not-found"),
        ("POST", "/v1/reseed", [], 400, "bad-request"),
        ("POST", "/v1/reseed", Array("{".utf8), 400, "bad-request"),
        ("POST", "/v1/reseed", [0xFF, 0xFE], 400, "bad-request"),
        ("POST", "/v1/reseed", Array(#"{"domain":7}"#.utf8), 400, "bad-request"),
        ("POST", "/v1/reseed", [UInt8](repeating: 0x5B, count: 4000), 400, "bad-request"),
        ("POST", "/v1/reseed", [UInt8](repeating: 0x20, count: 5000), 413, "bad-request"),
        ("POST", "/v1/reseed", Array(#"{"domain":"x"}"#.utf8), 404, "no-such-domain"),
    ]

    @Test(.enabled(if: isRoot, "it takes uid 0"))
    func badRequestsGetAnErrorObject() async throws {
        try await TestHost.run { host in
            for (method, uri, body, status, code) in Self.bad {
                let answer = try await ControlDialogue.send(
                    host.controlSocket, method, uri, body: body)
                let error = try? JSONDecoder().decode(
                    ControlError.self, from: Data(answer.body.utf8))
                #expect(answer.status == status, "\(method) \(uri)")
                #expect(error?.code == code, "\(method) \(uri): \(answer.body)")
            }
        }
    }

    @Test func anEndlessHeaderIsNotRead() async throws {
        try await TestHost.run { host in
            let dialogue = try await ControlDialogue(host.controlSocket)
            dialogue.channel.writeAndFlush(
                ByteBuffer(
                    string: "GET /v1/status HTTP/1.1\r\nX: "
                        + String(repeating: "a", count: 1 << 20)),
                promise: nil)
            let answer = try await dialogue.all()
            #expect(!answer.contains(" 200 "))
            #expect(
                try await ControlDialogue.send(host.controlSocket, "GET", "/v1/status").status
                    == 200)
        }
    }

    @Test func sixtyFourClientsAreServedAndTheRestWait() async throws {
        try await TestHost.run { host in
            var idle: [ControlDialogue] = []
            for _ in 0..<80 { idle.append(try await ControlDialogue(host.controlSocket)) }
            // Guests do not notice.
            let guest = try await host.guest("web1")
            #expect(await guest.block() != nil)
            for client in idle { try await client.hangUp() }
            #expect(
                try await ControlDialogue.send(host.controlSocket, "GET", "/v1/status").status
                    == 200)
        }
    }

    // MARK: F53

    @Test func whoMayWhat() {
        let policy = AccessPolicy(ownUID: 990, readers: 42)
        #expect(policy.access(of: Operator(uid: 0, groups: [])) == .change)
        #expect(policy.access(of: Operator(uid: 990, groups: [990])) == .read)
        #expect(policy.access(of: Operator(uid: 1000, groups: [42])) == .read)
        #expect(policy.access(of: Operator(uid: 1000, groups: [1000, 42])) == .read)
        #expect(policy.access(of: Operator(uid: 1000, groups: [1000, 0])) == .none)
        #expect(
            AccessPolicy(ownUID: 990, readers: nil).access(of: .init(uid: 1, groups: [])) == .none)
    }

    /// Sends `request` as the user nobody, and returns the answer.
    private func asNobody(_ request: String, to path: String) async throws -> String? {
        try await Child.output(
            "/usr/bin/setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
            "/usr/bin/perl", "-MIO::Socket::UNIX", "-e",
            """
            my $s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or do { print "cannot: $!"; exit };
            print $s $ARGV[1]; $s->flush; local $/; print <$s> // "";
            """, path, request)
    }

    @Test(.enabled(if: canDropPrivileges, "takes uid 0, setpriv(1) and perl"))
    func aReaderMayReadAndChangesNothingWhateverHeSends() async throws {
        let configure: Configure = { configuration, _ in
            configuration.controlGroup = "nogroup"
        }
        try await TestHost.run(configure: configure) { host in
            chmod(host.directory.root, 0o755)
            let read = "GET /v1/status HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
            #expect(try await asNobody(read, to: host.controlSocket)?.contains(" 200 ") == true)
            // Not even looked at: the body is no JSON, and its end never comes.
            let change =
                "POST /v1/reseed HTTP/1.1\r\nHost: h\r\nContent-Length: 3000\r\n"
                + "Connection: close\r\n\r\n{"
            let answer = try await asNobody(change, to: host.controlSocket)
            #expect(answer?.contains(" 403 ") == true)
            #expect(answer?.contains("permission-denied") == true)
        }
    }

    @Test(.enabled(if: canDropPrivileges, "takes uid 0, setpriv(1) and perl"))
    func aStrangerIsHungUpOnAndNobodyElseNotices() async throws {
        try await TestHost.run { host in
            chmod(host.directory.root, 0o755)
            let read = "GET /v1/status HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
            let answer = try await asNobody(read, to: host.controlSocket)
            #expect(answer == "cannot: Permission denied")
            // Let in by the mode of the socket, he still gets nothing.
            chmod(host.controlSocket, 0o666)
            for _ in 0..<20 { #expect(try await asNobody(read, to: host.controlSocket) == "") }
            #expect(
                try await ControlDialogue.send(host.controlSocket, "GET", "/v1/status").status
                    == 200)
        }
    }

    @Test(.enabled(if: canDropPrivileges, "takes uid 0, setpriv(1) and perl"))
    func theHostsOwnPoolIsNobodyElses() async throws {
        let configure: Configure = {
            configuration, directory in
            configuration.listeners.append(.unix(path: directory.path("own"), peer: .ownPool))
        }
        try await TestHost.run(configure: configure) { host in
            chmod(host.directory.root, 0o755)
            chmod(host.directory.path("own"), 0o666)
            let answer = try await asNobody("", to: host.directory.path("own"))
            #expect(answer?.utf8.last == CloseReason.unprivilegedPeer.rawValue)
            #expect(await host.count("refused", "unprivileged-peer") == 1)
        }
    }

    // MARK: F58

    @Test func outsideTextIsEscapedInTheLogAndWholeInJSON() async throws {
        let name = "web\u{1B}[31m\n\"q\"\u{202E}x\u{2028}" + String(repeating: "é", count: 100)
        try await TestHost.run { host in
            let domain = Domain(
                uuid: .test(1), name: name, id: 1, state: .running, hasVsock: true,
                problem: "bad\u{1B}[2J")
            await host.node.apply(.connected([domain]))
            await host.tell(.reboot, domain)
            let (_, body) = try await ControlDialogue.send(
                host.controlSocket, "GET", ControlAPI.guestsPath)
            let list = try JSONDecoder().decode(GuestList.self, from: Data(body.utf8))
            #expect(list.guests.first?.name == name)
            #expect(list.guests.first?.note == "bad\\u{1b}[2J")
            #expect(!body.contains("\u{1B}"))
            let log = host.log.text
            #expect(log.contains("web\\u{1b}[31m\\u{a}"))
            for scalar in "\u{1B}\u{202E}\u{2028}".unicodeScalars {
                #expect(!log.unicodeScalars.contains(scalar))
            }
        }
    }

    @Test func theListIsInTheOrderOfVirsh() async throws {
        try await TestHost.run { host in
            await host.node.apply(
                .connected([
                    Domain(uuid: .test(1), name: "z", id: nil, state: .shutOff),
                    Domain(uuid: .test(2), name: "a", id: nil, state: .saved),
                    Domain(uuid: .test(3), name: "y", id: 12, state: .running),
                    Domain(uuid: .test(4), name: "x", id: 3, state: .paused),
                ]))
            let guests = await host.node.guestList().guests
            #expect(guests.map(\.name) == ["x", "y", "a", "z"])
            #expect(guests[0].note == "no vsock: attach x" && guests[3].note == "")
        }
    }
}
