// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import ArgumentParser
internal import EntmeshConfig
internal import EntmeshConnection
internal import EntmeshControl
internal import EntmeshHost
internal import EntmeshLinux
internal import Logging

/// The daemon, with a feed that can be recognised. Only for tests: never installed.
@main
struct EntmeshHostTagged: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "entmesh-host-tagged")

    @Option var connect: String?
    @Flag var noLibvirt = false
    @Flag var noVsock = false
    @Option var ownPoolSocket: String?
    @Option var ownPool = "refuse"
    /// Guests that are named by the address their own end is bound to.
    @Option var guestsSocket: String?
    @Option var controlSocket = ControlAPI.defaultSocketPath
    @Option var tankSize = 1 << 20
    /// A configuration of which only the peers count.
    @Option var peers: String?
    /// Where to tell of every block that is sent: when, to whom, and the SHA-256 of each 32 bytes.
    @Option var record: String?
    /// Bytes a second; 0 for as fast as M takes, negative for nothing at all.
    @Option var rate = 0

    func run() async throws {
        LoggingSystem.bootstrap(StreamLogHandler.standardError)
        let log = Logger(label: "entmesh-host-tagged")
        var configuration = HostConfiguration(
            listeners: listeners, roster: noLibvirt ? .fixed([]) : .libvirt(uri: connect),
            clock: SystemClock.now)
        configuration.tankCapacity = tankSize
        configuration.controlSocketPath = controlSocket
        configuration.ownPoolInbound = ownPoolTrust
        if let peers {
            configuration.peers = try ConfigFile(path: peers, isRequired: true).load().peers
        }
        if let record { configuration.observer = try SendRecord(path: record).note }
        let feed = TaggedFeed(bytesPerSecond: rate)
        let agent = try HostAgent(configuration: configuration, feed: feed, log: log)
        try await agent.run(companions: [reloader(agent, log)])
    }

    private var ownPoolTrust: InboundTrust {
        switch ownPool {
        case "credit": .credit
        case "mix": .mix
        default: .refuse
        }
    }

    // SIGHUP: the peers and the certificates anew.
    private func reloader(_ agent: HostAgent, _ log: Logger) -> Reloader {
        let file = ConfigFile(path: peers ?? "/nonexistent", isRequired: peers != nil)
        let noSources = SourceFeed(SourcesSettings(), log: log)
        let trust = ownPoolTrust
        return Reloader(node: agent.node, feed: noSources, started: HostSettings()) {
            () throws(ConfigError) in
            var settings = try file.load()
            settings.ownPoolTrust = trust
            return settings
        }
    }

    private var listeners: [Listen] {
        var listeners: [Listen] = noVsock ? [] : [.vsock(port: Wire.port)]
        if let ownPoolSocket { listeners.append(.unix(path: ownPoolSocket, peer: .ownPool)) }
        if let guestsSocket { listeners.append(.unix(path: guestsSocket, peer: .namedByPeer)) }
        return listeners
    }
}
