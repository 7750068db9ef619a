// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshControl
internal import EntmeshHost
internal import EntmeshNode
internal import Foundation

/// Feeds M with blocks of 32 bytes that say who they are: a name, when this daemon started, a
/// number. Whoever receives one can tell whether it was ever sent before.
final class TaggedFeed: Feed, @unchecked Sendable {
    // Sendable: everything that changes is touched with `condition` locked only.

    /// "entmesh!", the start time in nanoseconds, the number, and the two combined; big endian.
    static let byteCount = 32

    private let condition = NSCondition()
    private let run = UInt64(Date().timeIntervalSince1970 * 1e9)
    private let bytesPerSecond: Int
    private var allowed: UInt64 = 0
    private var isStopped = false
    private var startOvers: UInt64 = 0
    private var delivered: UInt64 = 0

    /// - Parameter bytesPerSecond: how fast it gives; 0 for as fast as M takes, negative for not at
    ///   all.
    init(bytesPerSecond: Int) {
        self.bytesPerSecond = bytesPerSecond
    }

    func start(deliver: @escaping @Sendable (consuming Entropy, UInt64) -> Void) throws {
        guard bytesPerSecond >= 0 else { return }
        Thread.detachNewThread { [self] in
            while let number = next() {
                let size = Self.byteCount
                deliver(
                    Entropy(byteCount: size, minEntropy: .full(byteCount: size)) { bytes in
                        fill(bytes, number)
                    }, condition.withLock { startOvers })
            }
        }
    }

    func allow(upTo total: UInt64) {
        condition.withLock {
            allowed = total / UInt64(Self.byteCount)
            condition.signal()
        }
    }

    func stop() {
        condition.withLock {
            isStopped = true
            condition.signal()
        }
    }

    // Each block is whole.
    func startOver() {
        condition.withLock { startOvers += 1 }
    }

    var rows: [SourceRow] {
        let bytes = condition.withLock { delivered } * UInt64(Self.byteCount)
        return [
            SourceRow(
                name: "tagged", kind: "test", state: "healthy", isHealthy: true,
                claimedBitsPerByte: 8,
                raw: RawRow(
                    read: bytes, conditioned: bytes, dropped: 0, captured: 0, pending: 0,
                    balances: true),
                deliveredBytes: bytes, bytesPerSecond: 0, alarms: 0, errors: 0, lastError: nil)
        ]
    }

    // The number of the next block once one is wanted; nil at the end.
    private func next() -> UInt64? {
        condition.withLock {
            if bytesPerSecond > 0 && !isStopped {
                let pause = Double(Self.byteCount) / Double(bytesPerSecond)
                let due = Date(timeIntervalSinceNow: pause)
                while !isStopped && condition.wait(until: due) {}
            }
            while delivered >= allowed && !isStopped { condition.wait() }
            guard !isStopped else { return nil }
            delivered += 1
            return delivered
        }
    }

    private func fill(_ bytes: UnsafeMutableRawBufferPointer, _ number: UInt64) {
        let name = "entmesh!".utf8.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        for (index, word) in [name, run, number, run ^ number].enumerated() {
            bytes.storeBytes(of: word.bigEndian, toByteOffset: 8 * index, as: UInt64.self)
        }
    }
}
