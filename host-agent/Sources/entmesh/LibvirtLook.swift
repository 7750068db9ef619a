// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshLibvirt

/// One look at libvirt through its read-only socket, which ends in time even if libvirt hangs.
enum LibvirtLook {
    /// For the whole of it.
    private static let patience = Duration.seconds(10)

    /// The version of libvirt, and all its domains.
    static func once(
        uri: String?, within patience: Duration = patience
    ) async throws -> (version: String, domains: [Domain]) {
        let hypervisor = try Hypervisor(uri: uri)
        let (updates, continuation) = AsyncStream<HypervisorUpdate>.makeStream()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask {
                try await hypervisor.run { update in continuation.yield(update) }
            }
            group.addTask {
                try? await Task.sleep(for: patience)
                continuation.finish()
            }
            for await update in updates {
                switch update {
                case .connected(let domains):
                    return (try await hypervisor.version(), domains)
                case .lost(let reason):
                    if let loss = hypervisor.lastLoss { throw loss }
                    throw CommandError(reason)
                case .resynced, .event, .unconfirmedEvent:
                    continue
                }
            }
            throw HypervisorError.timedOut(attempted: "look at libvirt's domains")
        }
    }
}
