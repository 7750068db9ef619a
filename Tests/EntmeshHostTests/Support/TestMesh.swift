// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshCertificates
import EntmeshConfig
import EntmeshConnection
import EntmeshControl
import EntmeshLinux
import EntmeshNode
import EntmeshTestSupport
import Foundation
import Logging
import ServiceLifecycleTestKit
import Synchronization
import Testing

@testable import EntmeshHost

/// How one daemon of a `TestMesh` is set up.
struct Member {
    let name: String
    /// How many bytes its source will ever give.
    var budget = Int.max
    /// The size of M, in bytes.
    var tank = 1 << 16
    /// Whether others can dial it.
    var listens = true
    var hosts: [PeerHost] = []
    /// Whose certificate it shows, if not its own.
    var certificate: String?
    /// What stands in for a source.
    var feed: (any Feed)?

    init(_ name: String, _ configure: (inout Member) -> Void = { _ in }) {
        self.name = name
        configure(&self)
    }

    /// Has `name` for a peer.
    mutating func knows(
        _ name: String, dials: Bool = false, _ configure: (inout PeerHost) -> Void = { _ in }
    ) {
        var host = PeerHost(name: name, address: dials ? TestMesh.placeholder : nil)
        host.trust = .credit
        configure(&host)
        hosts.append(host)
    }
}

/// Several daemons in one process, linked by TLS over the loopback.
final class TestMesh: Sendable {
    /// Stands for the address of whoever is named beside it.
    static let placeholder = PeerAddress(host: "placeholder")

    let directory: TestDirectory
    let authority: CertificateAuthority
    let files: CertificateFolder
    let clock = TestClock()
    private let network: String
    private let names: [String]
    private let nodes: Mutex<[String: (node: HostNode, log: LogLines)]> = Mutex([:])
    private let sent: Mutex<(pieces: Set<Data>, repeated: Int)> = Mutex(([], 0))

    /// The serial numbers of the certificates that were shown to clients of the test's own.
    let serials: Mutex<[[UInt8]]> = Mutex([])

    private static let networks = Atomic(Int.random(in: 0..<254 * 254))

    private init(_ names: [String]) throws {
        directory = try TestDirectory()
        authority = try CertificateAuthority.create()
        files = CertificateFolder(directory.path("peers"))
        self.names = names
        try files.write(authority)
        // All of 127.0.0.0/8 is this machine: another network for every mesh, one port for all.
        // The first at random, for whoever runs these tests at the same time.
        let number = Self.networks.wrappingAdd(1, ordering: .relaxed).newValue
        network = "127.\(1 + number / 254 % 254).\(1 + number % 254)"
    }

    /// Runs `body` beside the daemons; afterwards all books must balance, and nobody may have sent
    /// anything that was sent before by anyone.
    ///
    /// - Parameters:
    ///   - repeats: whether a source of the test repeats itself.
    ///   - prepare: runs before the daemons.
    static func run(
        _ members: [Member], repeats: Bool = false, prepare: (TestMesh) throws -> Void = { _ in },
        sourceLocation: SourceLocation = #_sourceLocation,
        _ body: (TestMesh) async throws -> Void
    ) async throws {
        await Turnstile.hosts.enter()
        let result: Result<Void, any Error>
        do {
            let mesh = try TestMesh(members.map(\.name))
            try prepare(mesh)
            try await mesh.run(members, body)
            await mesh.checkBooks(sourceLocation, repeats: repeats)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await Turnstile.hosts.leave()
        try result.get()
    }

    private func run(
        _ members: [Member], _ body: (TestMesh) async throws -> Void
    ) async throws {
        let agents = try members.map(agent)
        let (isReady, ready) = AsyncStream.makeStream(of: Void.self)
        try await testGracefulShutdown { shutdown in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for agent in agents {
                    group.addTask {
                        defer { ready.yield() }
                        try await agent.run(gracefulShutdownSignals: []) { ready.yield() }
                    }
                }
                var left = agents.count
                for await _ in isReady {
                    left -= 1
                    if left == 0 { break }
                }
                do {
                    try await body(self)
                } catch {
                    print(await report())
                    shutdown.triggerGracefulShutdown()
                    throw error
                }
                shutdown.triggerGracefulShutdown()
                try await group.waitForAll()
            }
        }
    }

    private func agent(_ member: Member) throws -> HostAgent {
        let log = LogLines()
        let (monotonic, boot) = clock.pair()
        var configuration = HostConfiguration(
            listeners: [.unix(path: directory.path("\(member.name)-guests"), peer: .namedByPeer)],
            roster: .fixed([]), clock: monotonic)
        configuration.bootClock = boot
        configuration.tankCapacity = member.tank
        configuration.allowsUnlockedMemory = true
        configuration.peers = try peers(of: member)
        configuration.observer = { [self] _, entropy in note(entropy) }
        let feed = member.feed ?? TestFeed(budget: member.budget, name: member.name)
        let agent = try HostAgent(configuration: configuration, feed: feed, log: log.logger)
        nodes.withLock { $0[member.name] = (agent.node, log) }
        return agent
    }

    /// The settings of `member`, with a certificate and with addresses.
    func peers(of member: Member) throws -> PeersSettings {
        var peers = PeersSettings()
        let name = member.certificate ?? member.name
        if !FileManager.default.fileExists(atPath: files.certificatePath(of: name)) {
            try issue(name)
        }
        peers.listen = member.listens ? address(of: member.name) : nil
        peers.certificatePath = files.certificatePath(of: name)
        peers.keyPath = files.keyPath(of: name)
        peers.authorityPath = files.authorityCertificatePath
        peers.hosts = member.hosts.map { host in
            var host = host
            if host.address == Self.placeholder { host.address = address(of: host.name) }
            return host
        }
        return peers
    }

    /// Makes a certificate, in place of any there is.
    func issue(_ name: String, days: Int = 90, at now: Date = Date()) throws {
        let issued = try authority.issue(to: name, days: days, at: now)
        try files.write(issued, for: name, renews: true)
    }

    func address(of name: String) -> PeerAddress {
        PeerAddress(host: "\(network).\((names.firstIndex(of: name) ?? 99) + 1)")
    }

    // MARK: What happens

    subscript(_ name: String) -> HostNode {
        get throws { try #require(nodes.withLock { $0[name]?.node }) }
    }

    func log(_ name: String) -> LogLines? { nodes.withLock { $0[name]?.log } }

    /// What `name` shows of its peer `peer`.
    func row(_ name: String, _ peer: String) async throws -> PeerRow {
        try #require(await self[name].peerList().peers.first { $0.name == peer })
    }

    /// Waits until `isTrue` of what `name` shows of `peer`.
    func until(
        _ name: String, _ peer: String, sourceLocation: SourceLocation = #_sourceLocation,
        _ isTrue: (PeerRow) -> Bool
    ) async throws {
        let node = try self[name]
        try await poll("\(sourceLocation)") {
            await node.peerList().peers.first { $0.name == peer }.map(isTrue) ?? false
        }
    }

    /// Waits until `isTrue` of the status of `name`.
    func until(
        _ name: String, sourceLocation: SourceLocation = #_sourceLocation,
        _ isTrue: (HostStatus) -> Bool
    ) async throws {
        let node = try self[name]
        try await poll("\(sourceLocation)") { isTrue(await node.status()) }
    }

    /// Waits until both ends of a link say that it is good.
    func linked(
        _ one: String, _ other: String, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try await until(one, other, sourceLocation: sourceLocation) { $0.state == .connected }
        try await until(other, one, sourceLocation: sourceLocation) { $0.state == .connected }
    }

    /// Takes all that `name` has from it.
    func empty(_ name: String) async throws {
        let node = try self[name]
        await node.wipeTank()
        await node.lookAtTheTime()
    }

    /// Lets `span` go by for everybody.
    func pass(_ span: TimeSpan) async {
        clock.advance(by: span)
        for (node, _) in nodes.withLock({ Array($0.values) }) { await node.lookAtTheTime() }
    }

    private func note(_ entropy: borrowing Entropy) {
        let bytes = entropy.withBytes { Data($0) }
        sent.withLock { sent in
            for start in stride(from: 0, to: bytes.count, by: 32) {
                let isNew = sent.pieces.insert(bytes[start..<min(start + 32, bytes.count)]).inserted
                sent.repeated += isNew ? 0 : 1
            }
        }
    }

    /// All that there is to see, for whoever looks into a failure.
    private func report() async -> String {
        var text = ""
        for name in names {
            let peers = try? await self[name].peerList().peers
            text += "--- \(name)\n\(log(name)?.text ?? "")\n\(peers ?? [])\n"
        }
        return text
    }

    /// How many pieces of 32 bytes were sent by all.
    var sentPieces: Int { sent.withLock { $0.pieces.count } }

    private func checkBooks(_ sourceLocation: SourceLocation, repeats: Bool) async {
        for (node, _) in nodes.withLock({ Array($0.values) }) {
            let tank = await node.status().tank
            #expect(tank.balances, sourceLocation: sourceLocation)
            #expect(tank.inFlight == 0 && tank.resident == 0, sourceLocation: sourceLocation)
        }
        #expect(repeats || sent.withLock { $0.repeated } == 0, sourceLocation: sourceLocation)
    }
}
