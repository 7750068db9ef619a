// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import ArgumentParser
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
        configuration.ownPoolInbound =
            switch ownPool {
            case "credit": .credit
            case "mix": .mix
            default: .refuse
            }
        let feed = TaggedFeed(bytesPerSecond: rate)
        let agent = try HostAgent(configuration: configuration, feed: feed, log: log)
        try await agent.run()
    }

    private var listeners: [Listen] {
        var listeners: [Listen] = noVsock ? [] : [.vsock(port: Wire.port)]
        if let ownPoolSocket { listeners.append(.unix(path: ownPoolSocket, peer: .ownPool)) }
        if let guestsSocket { listeners.append(.unix(path: guestsSocket, peer: .namedByPeer)) }
        return listeners
    }
}
