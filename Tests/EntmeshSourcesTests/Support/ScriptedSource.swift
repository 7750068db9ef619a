// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshCoreTestSupport
import EntmeshNode
import EntmeshSources
import EntmeshThreads
import Glibc

/// What a test sees of a runner and its source, in order.
enum SourceEvent: Equatable, Sendable {
    /// The source is asked for this many bytes.
    case read(Int)
    /// The source's device is given back.
    case closed
    /// The runner entered a state.
    case state(SourceState)
    /// A block was delivered: its bytes and its claim.
    case block([UInt8], MinEntropy)
    /// The source came to its end: its thread is gone.
    case ended
}

/// What a scripted source does at one read.
enum SourceStep: Sendable {
    /// Fills the buffer, or as much of it as `atMost`, with good noise.
    case noise(atMost: Int = .max)
    /// Good noise, with one value `count` times in a row from the start.
    case run(of: Int)
    /// One value all over.
    case stuck
    /// Fails.
    case fail(NoiseSourceError)
    /// Returns this many bytes, whatever fits.
    case claim(byteCount: Int)
    /// Blocks in read(2) until the pipe's other end is closed.
    case block(on: Int32)
}

/// A noise source that does what its script says, and makes good noise when the script is over.
///
/// Shared with the test, which may add steps and see every sample given so far. Behind a `Monitor`,
/// since the thread sanitizer does not see through a `Mutex` that two threads want at once.
final class SourceScript: Sendable {
    private struct State: Sendable {
        var steps: [SourceStep]
        var noise = SplitMix(seed: 42)
        var given: [UInt8] = []
    }

    let report: @Sendable (SourceEvent) -> Void
    private let state: Monitor<State>

    init(_ steps: [SourceStep], report: @escaping @Sendable (SourceEvent) -> Void) {
        state = Monitor(State(steps: steps))
        self.report = report
    }

    /// Every sample given so far.
    var given: [UInt8] { state.withLock { $0.given } }

    func append(_ steps: SourceStep...) {
        state.withLock { $0.steps += steps }
    }

    fileprivate func read(
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(NoiseSourceError) -> Int {
        // The step is taken before anybody hears of the read: what is appended then is for the next.
        let step = state.withLock { $0.steps.isEmpty ? .noise() : $0.steps.removeFirst() }
        report(.read(buffer.count))
        switch step {
        case .noise(let most): return give(min(most, buffer.count), run: 0, to: buffer)
        case .run(let count): return give(buffer.count, run: count, to: buffer)
        case .stuck: return give(buffer.count, run: buffer.count, to: buffer)
        case .fail(let error): throw error
        case .claim(let byteCount): return byteCount
        case .block(let descriptor):
            var byte: UInt8 = 0
            _ = Glibc.read(descriptor, &byte, 1)
            return give(buffer.count, run: 0, to: buffer)
        }
    }

    private func give(_ count: Int, run: Int, to buffer: UnsafeMutableRawBufferPointer) -> Int {
        state.withLock { state in
            var bytes = state.noise.bytes(count)
            for index in 0..<min(run, count) { bytes[index] = 0xAA }
            buffer.copyBytes(from: bytes)
            state.given += bytes
        }
        return count
    }
}

struct ScriptedSource: NoiseSource, ~Copyable {
    let name = "scripted"
    let kind = NoiseSourceKind.hardwareGenerator
    let script: SourceScript

    init(_ script: SourceScript) {
        self.script = script
    }

    deinit {
        script.report(.ended)
    }

    mutating func read(
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(NoiseSourceError) -> Int {
        try script.read(into: buffer)
    }

    mutating func close() {
        script.report(.closed)
    }
}
