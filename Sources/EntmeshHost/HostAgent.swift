// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConfig
internal import EntmeshControl
internal import EntmeshLibvirt
public import Logging
internal import NIOPosix
public import ServiceLifecycle
public import UnixSignals

/// Builds the daemon: the node and the services around it, in the order they start.
///
/// The program and the tests call the same builder; they differ in their feed and sockets.
public struct HostAgent: Sendable {
    public let node: HostNode
    private let configuration: HostConfiguration
    private let log: Logger

    /// - Throws: `HostError` if the tank's memory cannot be had.
    public init(
        configuration: HostConfiguration, feed: any Feed, log: Logger
    ) throws {
        self.configuration = configuration
        self.log = log
        node = try HostNode(
            configuration: configuration, feed: feed,
            eventLoop: MultiThreadedEventLoopGroup.singleton.next(), log: log)
    }

    /// How long the services may take to end by themselves: an operator who waits for a receipt, or
    /// a client that stalls, does not hold the daemon up.
    private static let shutdownDeadline = Duration.seconds(1)

    /// Runs until a signal or a failure ends it.
    ///
    /// - Parameters:
    ///   - companions: services of the program's own, that end with the daemon.
    ///   - ready: called once, when every socket can be connected to.
    /// - Throws: `HostError` if a socket cannot be listened on or libvirt's URI cannot serve.
    public func run(
        gracefulShutdownSignals: [UnixSignal] = [.sigterm, .sigint],
        companions: [any Service] = [], ready: @escaping @Sendable () -> Void = {}
    ) async throws {
        if case .fixed(let guests) = configuration.roster { await node.admit(guests) }
        // Whoever fails, the others end in order: a control server that is cancelled in the middle
        // of an accept traps (NIOAsyncWriter).
        let services = try await (services(ready) + companions).map {
            ServiceGroupConfiguration.ServiceConfiguration(
                service: $0, successTerminationBehavior: .gracefullyShutdownGroup,
                failureTerminationBehavior: .gracefullyShutdownGroup)
        }
        var group = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: gracefulShutdownSignals, logger: log)
        group.maximumGracefulShutdownDuration = Self.shutdownDeadline
        try await ServiceGroup(configuration: group).run()
    }

    private func services(
        _ ready: @escaping @Sendable () -> Void
    ) async throws -> [any Service] {
        // The first to start is the last to end: what the others do at the end is booked, too.
        var services: [any Service] = []
        if let path = configuration.ledgerPath {
            services.append(LedgerService(path: path, node: node))
        }
        services.append(NodeService(node: node))
        if case .libvirt(let uri) = configuration.roster {
            services.append(try LibvirtFollower(uri: uri, node: node))
        }
        if !configuration.peers.hosts.isEmpty {
            services.append(PeerService(node: node, settings: configuration.peers))
        }
        services += try await LinkListener.bind(configuration.listeners, node: node)
        if let path = configuration.controlSocketPath {
            services.append(
                ControlServer(
                    path: path, groupName: configuration.controlGroup, node: node,
                    listening: ready))
        } else {
            ready()
        }
        return services
    }
}
