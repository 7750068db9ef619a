// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshControl
internal import EntmeshLibvirt
public import ServiceLifecycle

/// Keeps the node's map of guests as libvirt has it, for as long as the daemon runs.
public struct LibvirtFollower: Service {
    private let hypervisor: Hypervisor
    private let node: HostNode

    /// - Throws: `HostError.cannotFollow` for a URI that cannot serve.
    public init(uri: String?, node: HostNode) throws(HostError) {
        do {
            hypervisor = try Hypervisor(uri: uri)
        } catch {
            throw .cannotFollow(reason: "\(error)".escapedForDisplay)
        }
        self.node = node
    }

    public func run() async throws {
        await node.follow(hypervisor)
        try await cancelWhenGracefulShutdown {
            try await hypervisor.run { await node.apply($0) }
        }
    }
}
