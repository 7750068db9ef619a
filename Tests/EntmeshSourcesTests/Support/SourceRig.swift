// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshNode
import Testing

@testable import EntmeshSources

/// A set of one scripted source, and all that happens to it as one stream to await.
final class SourceRig {
    let set: SourceSet
    let runner: SourceRunner
    let script: SourceScript
    private var events: AsyncStream<SourceEvent>.Iterator
    private(set) var seen: [SourceEvent] = []

    /// The source begins at once: blocks that it is to find allowed are allowed here.
    init(
        _ steps: SourceStep..., limits: SourceLimits = .quick, bitsPerByte: Double = 4,
        blocks: UInt64 = 0
    ) throws {
        let (stream, continuation) = AsyncStream.makeStream(of: SourceEvent.self)
        let script = SourceScript(steps) { continuation.yield($0) }
        self.script = script
        events = stream.makeAsyncIterator()
        set = SourceSet { block, _ in
            let bytes = block.withBytes { Array($0) }
            continuation.yield(.block(bytes, block.minEntropy))
        }
        set.allow(upTo: 64 * blocks)
        runner = try set.add(
            ScriptedSource(script), claim: EntropyClaim(bitsPerByte: bitsPerByte), limits: limits,
            stateChanged: { continuation.yield(.state($0)) })
    }

    /// Lets so many blocks be made in all.
    func allow(blocks: UInt64) {
        set.allow(upTo: 64 * blocks)
    }

    /// Awaits the start-up test and the reading ahead after it, at a claim of 4 bits.
    func awaitReadiness() async throws {
        try await self.await(.state(.healthy))
        try await self.await(.read(readAhead))
    }

    /// What is kept ready at a claim of 4 bits: a block's samples, and those that are held back.
    let readAhead = 256 + 144

    /// Awaits the next event for which `isWanted` holds, and returns it.
    @discardableResult
    func await(_ isWanted: (SourceEvent) -> Bool) async throws -> SourceEvent {
        while let event = await events.next() {
            seen.append(event)
            if isWanted(event) { return event }
        }
        throw StreamEnded()
    }

    func await(_ event: SourceEvent) async throws {
        try await self.await { $0 == event }
    }

    func awaitBlock() async throws -> [UInt8] {
        let event = try await self.await { if case .block = $0 { true } else { false } }
        guard case .block(let bytes, let claim) = event else { throw StreamEnded() }
        #expect(claim == .full(byteCount: 64))
        return bytes
    }

    /// Awaits a state that is `failed`, and returns why.
    func awaitFailure() async throws -> String {
        let event = try await self.await { if case .state(.failed) = $0 { true } else { false } }
        guard case .state(.failed(let reason)) = event else { throw StreamEnded() }
        return reason
    }

    struct StreamEnded: Error {}
}

extension SourceLimits {
    /// As the daemon's, with a back-off that a test need not wait for; and no read is slow because
    /// the machine is busy.
    static var quick: SourceLimits {
        var limits = SourceLimits()
        limits.slowSpan = .seconds(60)
        limits.firstBackOff = .milliseconds(1)
        limits.longestBackOff = .milliseconds(2)
        return limits
    }
}
