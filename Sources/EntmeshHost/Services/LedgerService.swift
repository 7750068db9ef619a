// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshControl
internal import Foundation
internal import NIOPosix
public import ServiceLifecycle

/// Keeps the ledger of what each guest was given over restarts of the daemon.
///
/// A daemon that is killed loses the last seconds of it; what it reseeded is in the journal too.
public struct LedgerService: Service {
    private static let interval = Duration.seconds(5)

    private let file: LedgerFile
    private let node: HostNode

    init(path: String, node: HostNode) {
        file = LedgerFile(path: path)
        self.node = node
    }

    public func run() async throws {
        var saved = await load()
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: Self.interval) }
            saved = await save(ifNot: saved)
        }
    }

    // Guests are served without a ledger too.
    private func load() async -> GuestLedger? {
        do {
            guard let ledger = try await onThread({ try file.load() }) else { return nil }
            await node.restore(ledger)
            return ledger
        } catch {
            file.setAside()
            await node.warn(
                "the ledger could not be read and was moved to \(file.path).broken: "
                    + error.localizedDescription.escapedForDisplay)
            return nil
        }
    }

    private func save(ifNot saved: GuestLedger?) async -> GuestLedger? {
        let ledger = await node.ledger()
        guard ledger != saved, saved != nil || !ledger.entries.isEmpty else { return saved }
        do {
            try await onThread { try file.save(ledger) }
            await node.show(ledgerProblem: nil)
            return ledger
        } catch {
            await node.show(
                ledgerProblem: "the ledger cannot be written to \(file.path): "
                    + "\(error.localizedDescription.escapedForDisplay); tried again every 5 s")
            return saved
        }
    }

    private func onThread<Result: Sendable>(
        _ body: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await NIOThreadPool.singleton.runIfActive(body)
    }
}
