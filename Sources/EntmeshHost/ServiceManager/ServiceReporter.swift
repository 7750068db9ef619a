// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshLinux
internal import EntmeshNode
public import ServiceLifecycle

/// Tells the service manager that the daemon is ready, alive, and how it fares.
///
/// What says that it is alive is an answer of the node, on its own event loop: a loop that hangs
/// serves no guest.
public struct ServiceReporter: Service {
    /// How old the line of `systemctl status` may be.
    private static let longestInterval = TimeSpan.seconds(5)

    private let manager: ServiceManager
    private let node: HostNode
    private let ready: AsyncStream<Void>

    /// - Parameter ready: yields once the daemon's sockets can be connected to.
    public init(_ manager: ServiceManager, node: HostNode, ready: AsyncStream<Void>) {
        self.manager = manager
        self.node = node
        self.ready = ready
    }

    // Three times in the time it is given: one that comes late is no reason for a restart.
    private var interval: Duration {
        let third = manager.watchdogInterval.map { $0.nanoseconds / 3 } ?? .max
        return .nanoseconds(min(Self.longestInterval.nanoseconds, max(1, third)))
    }

    public func run() async throws {
        try? await cancelWhenGracefulShutdown {
            for await _ in ready {
                await report(["READY=1"])
                break
            }
            while true {
                try await Task.sleep(for: interval)
                await report([])
            }
        }
        manager.notify(["STOPPING=1"])
    }

    private func report(_ what: [String]) async {
        let line = await node.status().line
        manager.notify(what + ["STATUS=\(line)", "WATCHDOG=1"])
    }
}
