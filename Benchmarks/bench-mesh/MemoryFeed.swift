// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshControl
internal import EntmeshHost
internal import EntmeshNode
internal import Foundation
internal import Synchronization

/// A source that costs next to nothing, in large blocks; or none at all.
final class MemoryFeed: Feed {
    private static let blockByteCount = 4096

    private struct State {
        var allowed: UInt64 = 0
        var given: UInt64 = 0
        var isStopped = false
    }

    private let isEmpty: Bool
    private let state = Mutex(State())
    private let work = DispatchSemaphore(value: 0)

    init(isEmpty: Bool) {
        self.isEmpty = isEmpty
    }

    func start(deliver: @escaping @Sendable (consuming Entropy, UInt64) -> Void) throws {
        guard !isEmpty else { return }
        Thread.detachNewThread { [self] in
            var counter: UInt64 = 0
            while let count = next() {
                deliver(
                    Entropy(byteCount: count, minEntropy: .full(byteCount: count)) { bytes in
                        for offset in stride(from: 0, to: count, by: 8) {
                            counter &+= 0x9E37_79B9_7F4A_7C15
                            var word = (counter ^ counter >> 30) &* 0xBF58_476D_1CE4_E5B9
                            word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
                            bytes.storeBytes(of: word ^ word >> 31, toByteOffset: offset, as: UInt64.self)
                        }
                    }, 0)
            }
        }
    }

    private func next() -> Int? {
        while true {
            let (count, isStopped) = state.withLock { state in
                let wanted = min(state.allowed - min(state.given, state.allowed), UInt64(Self.blockByteCount))
                let count = Int(wanted) / 64 * 64
                state.given += UInt64(count)
                return (count, state.isStopped)
            }
            if isStopped { return nil }
            if count > 0 { return count }
            work.wait()
        }
    }

    func allow(upTo total: UInt64) {
        state.withLock { $0.allowed = total }
        work.signal()
    }

    func startOver() {}

    func stop() {
        state.withLock { $0.isStopped = true }
        work.signal()
    }

    var rows: [SourceRow] { [] }
}
