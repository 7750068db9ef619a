// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConfig
import EntmeshConnection
import EntmeshControl
import EntmeshLibvirt
import EntmeshNode
import EntmeshTestSupport
import Foundation
import Logging
import ServiceLifecycleTestKit
import Synchronization
import Testing

@testable import EntmeshHost

/// What a test changes of the configuration before the start.
typealias Configure = (inout HostConfiguration, TestDirectory) -> Void

/// A whole daemon inside the test: the builder the program calls, with a test feed and UNIX sockets.
final class TestHost: Sendable {
    let node: HostNode
    let feed: TestFeed
    let clock: TestClock
    let directory: TestDirectory
    let log: LogLines

    private init(
        _ node: HostNode, _ feed: TestFeed, _ clock: TestClock, _ directory: TestDirectory,
        _ log: LogLines
    ) {
        self.node = node
        self.feed = feed
        self.clock = clock
        self.directory = directory
        self.log = log
    }

    /// Where guests dial; each is named by the path its own end is bound to.
    var guestSocket: String { directory.path("guests") }
    var controlSocket: String { directory.path("control") }

    /// Runs `body` beside a daemon; afterwards the books must balance, before the daemon ends and
    /// after it, and no entropy may be in the log.
    static func run(
        feed: TestFeed = TestFeed(), isFull: Bool = true,
        configure: Configure = { _, _ in }, sourceLocation: SourceLocation = #_sourceLocation,
        _ body: (TestHost) async throws -> Void
    ) async throws {
        await Turnstile.hosts.enter()
        do {
            try await runNow(feed, isFull, configure, sourceLocation, body)
        } catch {
            await Turnstile.hosts.leave()
            throw error
        }
        await Turnstile.hosts.leave()
    }

    private static func runNow(
        _ feed: TestFeed, _ isFull: Bool, _ configure: Configure,
        _ sourceLocation: SourceLocation, _ body: (TestHost) async throws -> Void
    ) async throws {
        let (clock, directory, log) = (TestClock(), try TestDirectory(), LogLines())
        var configuration = HostConfiguration(
            listeners: [.unix(path: directory.path("guests"), peer: .namedByPeer)],
            roster: .fixed([]), clock: { clock.now })
        configuration.bootClock = { clock.bootTime }
        // The threads that would take the answer may be busy with other tests.
        configuration.libvirtDeadline = .seconds(60)
        configuration.tankCapacity = 1 << 16
        configuration.allowsUnlockedMemory = true
        configuration.controlSocketPath = directory.path("control")
        configure(&configuration, directory)
        let agent = try HostAgent(
            configuration: configuration, feed: feed, log: log.logger)
        let host = TestHost(agent.node, feed, clock, directory, log)
        let (isReady, ready) = AsyncStream.makeStream(of: Void.self)
        try await testGracefulShutdown { shutdown in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    defer { ready.finish() }
                    try await agent.run(gracefulShutdownSignals: []) { ready.yield() }
                }
                for await _ in isReady { break }
                do {
                    if isFull { try await host.until { $0.tank.level >= 99 } }
                    try await body(host)
                    await host.checkBooks(sourceLocation)
                } catch {
                    shutdown.triggerGracefulShutdown()
                    throw error
                }
                shutdown.triggerGracefulShutdown()
                try await group.waitForAll()
            }
        }
        await host.checkBooks(sourceLocation)
        let end = await host.node.status()
        #expect(end.tank.inFlight == 0 && end.tank.resident == 0, sourceLocation: sourceLocation)
        #expect(!log.text.contains("ENTMESH-TEST-TAG"), sourceLocation: sourceLocation)
    }

    private func checkBooks(_ sourceLocation: SourceLocation) async {
        let tank = await node.status().tank
        #expect(tank.balances, sourceLocation: sourceLocation)
        #expect(
            tank.received == UInt64(tank.resident) + tank.inFlight + tank.delivered
                + tank.discarded,
            sourceLocation: sourceLocation)
    }

    // MARK: Guests

    /// The name under which the guest `name` dials: the path of its own end.
    func name(_ name: String) -> String { directory.path(name) }

    func guest(_ name: String, _ manners: Manners? = .polite) async throws -> FakeGuest {
        try await FakeGuest(guestSocket, as: self.name(name), manners)
    }

    /// The row of the guest `name`.
    func row(_ name: String) async -> GuestRow? {
        let name = self.name(name)
        return await node.guestList().guests.first { $0.name == name }
    }

    // MARK: Waiting

    /// Waits until `isTrue` of the status; the node has nothing to await for what is inside it.
    func until(
        _ isTrue: (HostStatus) -> Bool, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try await poll("\(sourceLocation)") { isTrue(await self.node.status()) }
    }

    /// Waits until `isTrue` of the row of `name`.
    func until(
        _ name: String, sourceLocation: SourceLocation = #_sourceLocation,
        _ isTrue: (GuestRow) -> Bool
    ) async throws {
        try await poll("\(sourceLocation)") { await self.row(name).map(isTrue) ?? false }
    }

    /// Lets `span` go by on the node's clock, and nobody looks.
    func advance(by span: TimeSpan) async {
        await node.advance(clock, by: span)
    }

    /// Lets `span` go by on the node's clock and makes it look.
    func pass(_ span: TimeSpan) async {
        await node.lookAtTheTime(after: span, on: clock)
    }

    func count(_ name: String, _ reason: String) async -> UInt64 {
        await node.status().counters.first { $0.name == name && $0.reason == reason }?.count ?? 0
    }
}

extension HostNode {
    /// What the timers do, now: the clock of a test does not wake anybody.
    func lookAtTheTime() {
        for id in Array(links.keys) { tick(id) }
        pump()
    }

    /// Lets `span` go by on `clock`, between two turns: a node that read one of the clocks before
    /// and the other one after would take it for a sleep.
    func advance(_ clock: TestClock, by span: TimeSpan) {
        clock.advance(by: span)
    }

    /// The same, and looks, in one turn.
    func lookAtTheTime(after span: TimeSpan, on clock: TestClock) {
        clock.advance(by: span)
        lookAtTheTime()
    }
}

extension GuestRules.Override {
    /// One that gives the guest `name` nothing.
    static func off(_ name: String) -> GuestRules.Override {
        var override = GuestRules.Override(match: .name(pattern: name))
        override.isFed = false
        return override
    }
}

/// Everything that was logged.
final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])

    var text: String { lines.withLock { $0.joined(separator: "\n") } }

    var logger: Logger {
        var logger = Logger(label: "test") { _ in Handler(lines: self) }
        logger.logLevel = .debug
        return logger
    }

    func count(_ message: String) -> Int {
        lines.withLock { lines in lines.count { $0.contains(message) } }
    }

    private struct Handler: LogHandler {
        let lines: LogLines
        var metadata = Logger.Metadata()
        var logLevel = Logger.Level.debug

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let fields = (event.metadata ?? [:]).sorted { $0.key < $1.key }
            let line = "\(event.level) \(event.message) \(fields)"
            lines.lines.withLock { $0.append(line) }
        }
    }
}

extension HostNode {
    /// Reloads with these changed, and all else as it is by default.
    func reload(rules: GuestRules, ownPoolTrust: InboundTrust) {
        var settings = HostSettings()
        settings.guests = rules
        settings.ownPoolTrust = ownPoolTrust
        reload(settings, identity: nil)
    }
}
