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
    /// However little time it is given: nobody can want to hear of it more often.
    private static let shortestInterval = TimeSpan.milliseconds(50)

    private let notifier: ServiceNotifier
    private let node: HostNode
    private let ready: AsyncStream<Void>

    /// - Parameter ready: yields once the daemon's sockets can be connected to.
    public init(_ notifier: ServiceNotifier, node: HostNode, ready: AsyncStream<Void>) {
        self.notifier = notifier
        self.node = node
        self.ready = ready
    }

    // Three times in the time it is given: one that comes late is no reason for a restart.
    private var interval: Duration {
        let third = (notifier.watchdogInterval ?? Self.longestInterval).nanoseconds / 3
        let bounds = (Self.shortestInterval.nanoseconds, Self.longestInterval.nanoseconds)
        return .nanoseconds(min(max(third, bounds.0), bounds.1))
    }

    public func run() async throws {
        try? await cancelWhenGracefulShutdown {
            for await _ in ready { break }
            try Task.checkCancellation()
            await notifier.ready(status: node.status().line)
            while true {
                try await Task.sleep(for: interval)
                await notifier.alive(status: node.status().line)
            }
        }
        notifier.stopping()
    }
}
