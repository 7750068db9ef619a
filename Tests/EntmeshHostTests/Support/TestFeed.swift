// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import Dispatch
import EntmeshControl
import EntmeshHost
import EntmeshNode
import Synchronization

/// A source whose every 32 bytes carry a number of their own, so that a byte delivered twice is
/// seen. It gives what is demanded, up to a budget.
final class TestFeed: Feed {
    /// What every block begins with: enough to be found wherever it must not be.
    static let tag: [UInt8] = Array("ENTMESH-TEST-TAG".utf8)
    private static let smallestBlock = 64
    private static let largestBlock = 4096

    private struct State {
        var budget: Int
        var allowed: UInt64 = 0
        var given: UInt64 = 0
        var startOvers = 0
        var nextNumber: UInt64 = 1
        var isWorking = false
        var deliver: (@Sendable (consuming Entropy, UInt64) -> Void)?

        var wanted: Int { allowed > given ? Int(clamping: allowed - given) : 0 }
    }

    private let state: Mutex<State>
    private let queue = DispatchQueue(label: "test feed")
    private let name: [UInt8]

    /// - Parameters:
    ///   - budget: how many bytes it will ever give.
    ///   - name: tells it from other feeds of the test; at most eight bytes count.
    init(budget: Int = .max, name: String = "") {
        self.name = Array(name.utf8.prefix(8))
        state = Mutex(State(budget: budget))
    }

    func start(deliver: @escaping @Sendable (consuming Entropy, UInt64) -> Void) {
        state.withLock { $0.deliver = deliver }
    }

    func allow(upTo total: UInt64) {
        let isToWork = state.withLock { state in
            state.allowed = total
            return Self.begins(&state)
        }
        if isToWork { queue.async { self.work() } }
    }

    private static func begins(_ state: inout State) -> Bool {
        guard !state.isWorking, state.wanted >= smallestBlock, state.budget > 0 else {
            return false
        }
        state.isWorking = true
        return true
    }

    // It has nothing half made.
    func startOver() {
        state.withLock { $0.startOvers += 1 }
    }

    /// How often it was told to start over.
    var startOvers: Int { state.withLock { $0.startOvers } }

    func stop() {
        state.withLock {
            $0.budget = 0
            $0.deliver = nil
        }
    }

    /// Gives it so many more bytes to give, and lets it begin at once.
    func addToBudget(_ byteCount: Int) {
        let isToWork = state.withLock { state in
            state.budget += byteCount
            return Self.begins(&state)
        }
        if isToWork { queue.async { self.work() } }
    }

    /// Whether it can deliver.
    var isStarted: Bool { state.withLock { $0.deliver != nil } }

    /// Delivers a block that was made before it was last told to start over.
    func deliverStale() {
        queue.async {
            let deliver = self.state.withLock { $0.deliver }
            deliver?(Entropy(byteCount: 64, minEntropy: .full(byteCount: 64)) { _ in }, 0)
        }
    }

    /// The number of the last piece it began to deliver; 0 before the first.
    var lastNumber: UInt64 { state.withLock { $0.nextNumber - 1 } }

    var rows: [SourceRow] {
        [
            SourceRow(
                name: "test", kind: "test", state: "healthy", isHealthy: true,
                claimedBitsPerByte: 8,
                raw: RawRow(
                    read: 0, conditioned: 0, dropped: 0, captured: 0, pending: 0, balances: true),
                deliveredBytes: 0, bytesPerSecond: 0, alarms: 0, errors: 0, lastError: nil)
        ]
    }

    private func work() {
        while let next = next() {
            let size = next.byteCount
            let entropy = Entropy(byteCount: size, minEntropy: .full(byteCount: size)) { bytes in
                for piece in 0..<size / 32 {
                    fill(bytes, at: 32 * piece, number: next.number + UInt64(piece))
                }
            }
            next.deliver(entropy, next.startOvers)
        }
    }

    private struct Next {
        let number: UInt64
        let byteCount: Int
        let startOvers: UInt64
        let deliver: @Sendable (consuming Entropy, UInt64) -> Void
    }

    private func next() -> Next? {
        state.withLock { state in
            let most = min(state.wanted, state.budget, Self.largestBlock)
            let size = most / Self.smallestBlock * Self.smallestBlock
            guard let deliver = state.deliver, size > 0 else {
                state.isWorking = false
                return nil
            }
            state.given += UInt64(size)
            state.budget -= size
            defer { state.nextNumber += UInt64(size / 32) }
            return Next(
                number: state.nextNumber, byteCount: size, startOvers: UInt64(state.startOvers),
                deliver: deliver)
        }
    }

    private func fill(_ bytes: UnsafeMutableRawBufferPointer, at offset: Int, number: UInt64) {
        for (index, byte) in Self.tag.enumerated() { bytes[offset + index] = byte }
        for index in 0..<8 {
            bytes[offset + 16 + index] = UInt8(truncatingIfNeeded: number >> (8 * index))
        }
        for (index, byte) in name.enumerated() { bytes[offset + 24 + index] = byte }
    }

    /// The numbers of the 32-byte pieces in `bytes`, which came from here.
    static func numbers(in bytes: [UInt8]) -> [UInt64] {
        stride(from: 0, to: bytes.count - 31, by: 32).map { offset in
            (0..<8).reduce(0) { $0 | UInt64(bytes[offset + 16 + $1]) << (8 * UInt64($1)) }
        }
    }
}
