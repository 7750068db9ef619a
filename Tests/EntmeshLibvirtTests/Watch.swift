// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import CLibvirt
import Testing

@testable import EntmeshLibvirt

/// Runs a `Hypervisor` for a test and hands out its updates one by one.
struct Watch {
    let hypervisor: Hypervisor
    private var updates: AsyncStream<HypervisorUpdate>.Iterator

    /// Watches `node` while `body` works.
    static func of(
        _ node: TestNode, limits: HypervisorLimits = .test,
        access: LibvirtConnection.Access = .readWrite,
        _ body: (inout Watch) async throws -> Void
    ) async throws {
        let hypervisor = try Hypervisor(uri: node.uri, access: access, limits: limits)
        let (updates, continuation) = AsyncStream<HypervisorUpdate>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await hypervisor.run { continuation.yield($0) } }
            var watch = Watch(hypervisor: hypervisor, updates: updates.makeAsyncIterator())
            try await body(&watch)
            group.cancelAll()
            try await group.waitForAll()
        }
        // Reconnecting reads the node's file again.
        withExtendedLifetime(node) {}
    }

    mutating func next() async throws -> HypervisorUpdate {
        try #require(await updates.next())
    }

    /// The next update, which has to be `connected`; its domains by name.
    mutating func connected() async throws -> [String: Domain] {
        guard case .connected(let domains) = try await next() else {
            throw Unexpected(wanted: "connected")
        }
        return Dictionary(domains.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The next update, which has to be an event.
    mutating func event() async throws -> (event: DomainEvent, domain: Domain?) {
        guard case .event(let event, let domain) = try await next() else {
            throw Unexpected(wanted: "event")
        }
        return (event, domain)
    }

    /// The next update, which has to be `lost`.
    mutating func lost() async throws -> String {
        guard case .lost(let reason) = try await next() else { throw Unexpected(wanted: "lost") }
        return reason
    }

    /// Does something to a domain, on the hypervisor's own connection.
    func operate(
        on domain: TestDomain, _ operation: @escaping @Sendable (virDomainPtr) -> Int32
    ) async throws {
        let uuid = domain.uuid
        let result = try await hypervisor.withConnection { connection in
            connection.withPointer { pointer -> Int32 in
                guard let found = virDomainLookupByUUID(pointer, uuid.bytes) else { return -2 }
                defer { virDomainFree(found) }
                return operation(found)
            }
        }
        #expect(result >= 0)
    }

    struct Unexpected: Error {
        let wanted: String
    }
}

extension HypervisorLimits {
    /// Short pauses; deadlines that a loaded machine keeps.
    static let test = test { _ in }

    static func test(_ change: (inout HypervisorLimits) -> Void) -> HypervisorLimits {
        var limits = HypervisorLimits()
        limits.callDeadline = .seconds(60)
        limits.resyncInterval = .seconds(3600)
        limits.shortestBackOff = .milliseconds(1)
        limits.longestBackOff = .milliseconds(10)
        change(&limits)
        return limits
    }
}
