// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshControl
internal import Foundation
internal import NIOPosix
public import ServiceLifecycle

/// Keeps the ledger of what each guest was given over restarts of the daemon.
///
/// It is written when a guest was reseeded, else once a minute, and at the end. A daemon that is
/// killed loses the last minute of counts; what it reseeded is in the journal too.
public struct LedgerService: Service {
    /// How often to look for a reseed.
    private static let interval = Duration.seconds(5)
    /// How long counts may wait.
    private static let longestWait = Duration.seconds(60)

    private let file: LedgerFile
    private let node: HostNode

    init(path: String, node: HostNode) {
        file = LedgerFile(path: path)
        self.node = node
    }

    public func run() async throws {
        // Guests are served without a ledger too; and one that cannot be read is not written over.
        while await !load() {
            guard !Task.isShuttingDownGracefully, !Task.isCancelled else { return }
            await pause()
        }
        var (saved, savedAt) = (await node.ledger(), ContinuousClock.now)
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            await pause()
            let ledger = await node.ledger()
            let isLast = Task.isShuttingDownGracefully || Task.isCancelled
            let isDue =
                ledger.reseeds != saved.reseeds || isLast
                || ContinuousClock.now - savedAt >= Self.longestWait
            guard isDue, ledger != saved else { continue }
            // In a task of its own: when the others took too long to end, this one is cancelled,
            // and what was counted is written all the same.
            if await Task(operation: { await save(ledger) }).value {
                (saved, savedAt) = (ledger, .now)
            }
        }
    }

    private func pause() async {
        try? await cancelWhenGracefulShutdown { try await Task.sleep(for: Self.interval) }
    }

    private func load() async -> Bool {
        do {
            if let ledger = try await onThread({ try file.load() }) { await node.restore(ledger) }
            await node.show(ledgerProblem: nil)
            return true
        } catch is LedgerFile.Broken {
            return await setAside()
        } catch {
            await node.show(
                ledgerProblem: "the ledger \(file.path) cannot be read, and is not written: "
                    + "\(error.localizedDescription.escapedForDisplay); tried again every 5 s")
            return false
        }
    }

    private func setAside() async -> Bool {
        do {
            let time = node.configuration.wallClock()
            let place = try await onThread { try file.setAside(at: time) }
            await node.warn("\(file.path) was no ledger, and was moved to \(place)")
            return true
        } catch {
            await node.show(
                ledgerProblem: "\(file.path) is no ledger, and cannot be moved away: "
                    + "\(error.localizedDescription.escapedForDisplay); tried again every 5 s")
            return false
        }
    }

    private func save(_ ledger: GuestLedger) async -> Bool {
        do {
            try await onThread { try file.save(ledger) }
            await node.show(ledgerProblem: nil)
            return true
        } catch {
            await node.show(
                ledgerProblem: "the ledger cannot be written to \(file.path): "
                    + "\(error.localizedDescription.escapedForDisplay); tried again every 5 s")
            return false
        }
    }

    private func onThread<Result: Sendable>(
        _ body: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await NIOThreadPool.singleton.runIfActive(body)
    }
}

extension GuestLedger {
    /// How many reseeds are booked in all.
    fileprivate var reseeds: UInt64 { entries.reduce(0) { $0 &+ $1.reseeds } }
}
