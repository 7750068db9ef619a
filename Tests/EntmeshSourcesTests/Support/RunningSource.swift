// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshNode
import Testing

@testable import EntmeshSources

/// A set of one source, with the states it enters and the blocks it gives as streams to await.
final class RunningSource {
    let set: SourceSet
    let runner: SourceRunner
    private var states: AsyncStream<SourceState>.Iterator
    private var blocks: AsyncStream<[UInt8]>.Iterator

    /// Starts `source`, with what is claimed of its kind.
    init<S: NoiseSource & ~Copyable>(
        _ source: consuming sending S, limits: SourceLimits = .quick
    ) throws {
        let (states, state) = AsyncStream.makeStream(of: SourceState.self)
        let (blocks, block) = AsyncStream.makeStream(of: [UInt8].self)
        self.states = states.makeAsyncIterator()
        self.blocks = blocks.makeAsyncIterator()
        set = SourceSet { made, _ in
            #expect(made.minEntropy == .full(byteCount: 64))
            block.yield(made.withBytes { Array($0) })
        }
        let claim = source.kind.defaultClaim
        runner = try set.add(
            source, claim: claim, limits: limits, stateChanged: { state.yield($0) })
    }

    /// Awaits the next state for which `isWanted` holds, and returns it in words.
    @discardableResult
    func state(_ isWanted: (SourceState) -> Bool) async throws -> String {
        while let state = await states.next() {
            if isWanted(state) { return "\(state)" }
        }
        throw StreamEnded()
    }

    func state(_ state: SourceState) async throws {
        try await self.state { $0 == state }
    }

    /// Lets `count` blocks more be made, awaits them, and looks that none came twice.
    func expectBlocks(_ count: Int) async throws {
        set.allow(upTo: set.madeByteCount + UInt64(64 * count))
        var seen: Set<[UInt8]> = []
        while seen.count < count {
            guard let block = await blocks.next() else { throw StreamEnded() }
            #expect(seen.insert(block).inserted)
        }
    }

    struct StreamEnded: Error {}
}

extension SourceState {
    var isUnavailable: Bool { if case .unavailable = self { true } else { false } }
    var isDegraded: Bool { if case .degraded = self { true } else { false } }
    var isFailed: Bool { if case .failed = self { true } else { false } }
}
