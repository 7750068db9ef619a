// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConfig
internal import EntmeshConnection
internal import EntmeshControl
internal import EntmeshHost
internal import EntmeshLinux
internal import EntmeshNode
internal import Foundation
internal import Logging

/// Two daemons in this process: one with a source in memory refills the other's tank of 1 MiB.
struct Refill {
    static let capacity = 1 << 20
    /// The part of the tank that is timed, in percent.
    static let timed = 5...90

    private let taker: HostAgent
    private let tasks: [Task<Void, any Error>]

    init(_ identities: Identities) async throws {
        let address = PeerAddress(host: "127.0.0.1", port: 47_733)
        var giver = identities.settings(of: "giver")
        giver.listen = address
        var empty = PeerHost(name: "taker")
        empty.trust = .refuse
        giver.hosts = [empty]
        var taking = identities.settings(of: "taker")
        var host = PeerHost(name: "giver", address: address)
        host.trust = .credit
        taking.hosts = [host]
        let agents = [
            try Self.agent(giver, MemoryFeed(isEmpty: false)),
            try Self.agent(taking, MemoryFeed(isEmpty: true)),
        ]
        taker = agents[1]
        tasks = agents.map { agent in Task { try await agent.run(gracefulShutdownSignals: []) } }
    }

    private static func agent(_ peers: PeersSettings, _ feed: MemoryFeed) throws -> HostAgent {
        var configuration = HostConfiguration(
            listeners: [], roster: .fixed([]), clock: SystemClock.now)
        configuration.tankCapacity = capacity
        configuration.allowsUnlockedMemory = true
        configuration.peers = peers
        var log = Logger(label: "bench")
        log.logLevel = .error
        return try HostAgent(configuration: configuration, feed: feed, log: log)
    }

    /// The rate at which the taker's level goes from one end of `timed` to the other.
    func megabytesPerSecond() async throws -> Double {
        try await wait(for: Self.timed.upperBound)
        await taker.node.wipeTank()
        let begin = try await wait(for: Self.timed.lowerBound)
        let end = try await wait(for: Self.timed.upperBound)
        let bytes = Double(Self.capacity) * Double(Self.timed.count - 1) / 100
        return bytes / Double((end - begin).nanoseconds) * 1000
    }

    // The node has nothing to await for what is in it: a look takes a few microseconds.
    @discardableResult
    private func wait(for percent: Int) async throws -> Moment {
        while await Int(taker.node.fillLevel.percent) < percent {
            try await Task.sleep(for: .microseconds(50))
        }
        return SystemClock.now()
    }

    func stop() async {
        for task in tasks { task.cancel() }
        for task in tasks { _ = await task.result }
    }
}
