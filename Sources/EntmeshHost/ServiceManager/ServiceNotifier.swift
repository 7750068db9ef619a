// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshLinux
internal import EntmeshNode
internal import Synchronization

/// What the service manager is told, in an order that it understands: a reload is no sign of a
/// start that is not over.
public final class ServiceNotifier: Sendable {
    private let manager: ServiceManager
    private let isReady = Mutex(false)

    public init(_ manager: ServiceManager) {
        self.manager = manager
    }

    /// The daemon serves.
    func ready(status: String) {
        isReady.withLock { $0 = true }
        manager.notify(["READY=1", "STATUS=\(status)", "WATCHDOG=1"])
    }

    /// It is alive, and fares like this.
    func alive(status: String) {
        manager.notify(["STATUS=\(status)", "WATCHDOG=1"])
    }

    /// A reload begins.
    func reloading() {
        guard isReady.withLock({ $0 }) else { return }
        let now = SystemClock.now().nanoseconds / 1000
        manager.notify(["RELOADING=1", "MONOTONIC_USEC=\(now)"])
    }

    /// It has ended, whatever came of it.
    func reloaded() {
        guard isReady.withLock({ $0 }) else { return }
        manager.notify(["READY=1"])
    }

    /// The daemon ends.
    func stopping() {
        manager.notify(["STOPPING=1"])
    }

    /// How often it wants to hear that the daemon is alive; nil if it does not.
    var watchdogInterval: TimeSpan? { manager.watchdogInterval }
}
