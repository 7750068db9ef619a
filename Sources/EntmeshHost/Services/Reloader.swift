// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

public import EntmeshConfig
internal import EntmeshControl
public import ServiceLifecycle
internal import UnixSignals

/// Reads the configuration again on SIGHUP. A file that is refused changes nothing.
public struct Reloader: Service {
    private let node: HostNode
    private let feed: SourceFeed
    private let started: HostSettings
    private let notifier: ServiceNotifier
    private let load: @Sendable () throws(ConfigError) -> HostSettings

    /// - Parameters:
    ///   - started: what the daemon started with.
    ///   - notifier: by which somebody is told that a reload began and ended.
    ///   - load: reads what it would start with now.
    public init(
        node: HostNode, feed: SourceFeed, started: HostSettings,
        notifier: ServiceNotifier = ServiceNotifier(.none),
        load: @escaping @Sendable () throws(ConfigError) -> HostSettings
    ) {
        self.node = node
        self.feed = feed
        self.started = started
        self.notifier = notifier
        self.load = load
    }

    public func run() async throws {
        // However many come while one is under way, they are one more.
        let (requests, request) = AsyncStream.makeStream(
            of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let signals = await UnixSignalsSequence(trapping: .sighup)
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask {
                for await _ in signals.cancelOnGracefulShutdown() { request.yield() }
                request.finish()
            }
            for await _ in requests {
                notifier.reloading()
                await reload()
                notifier.reloaded()
            }
        }
    }

    /// Reads the configuration once, and takes over what can change now.
    func reload() async {
        do throws(ConfigError) {
            let settings = try load()
            let identity: PeerTLS?
            do {
                // Before anything changes: it may be refused.
                identity = settings.peers.hosts.isEmpty ? nil : try await PeerTLS(settings.peers)
                try feed.reload(settings.sources)
            } catch {
                await node.refuseReload("\(error)")
                return
            }
            await node.reload(settings, identity: identity)
            await warnOfWhatMustWait(settings)
        } catch {
            await node.refuseReload("\(error)")
        }
    }

    // What is bound at the start: memory, sockets, who says which guests there are.
    private func warnOfWhatMustWait(_ settings: HostSettings) async {
        let sections = [
            ("tank", settings.tank != started.tank), ("listen", settings.listen != started.listen),
            ("control", settings.control != started.control),
            ("libvirt", settings.libvirt != started.libvirt),
            ("peers: listen", settings.peers.listen != started.peers.listen),
            ("peers", settings.peers.hosts.isEmpty != started.peers.hosts.isEmpty),
            ("log", settings.logLevel != started.logLevel),
        ].filter(\.1).map(\.0)
        guard !sections.isEmpty else { return }
        await node.note(
            "a change of \(sections.joined(separator: ", ")) in the configuration takes a restart")
    }
}
