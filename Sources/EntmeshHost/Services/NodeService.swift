// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

public import ServiceLifecycle

/// The node itself: its feeds run while the service does.
public struct NodeService: Service {
    private let node: HostNode

    public init(node: HostNode) {
        self.node = node
    }

    public func run() async throws {
        try await node.start()
        try? await gracefulShutdown()
        await node.stop()
    }
}
