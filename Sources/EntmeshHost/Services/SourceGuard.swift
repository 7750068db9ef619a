// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

public import ServiceLifecycle

/// Ends the daemon when a source is required and none is left.
public struct SourceGuard: Service {
    private let exhaustion: AsyncStream<Void>

    public init(_ exhaustion: AsyncStream<Void>) {
        self.exhaustion = exhaustion
    }

    public func run() async throws {
        for await _ in exhaustion.cancelOnGracefulShutdown() { throw HostError.noSourceLeft }
    }
}
