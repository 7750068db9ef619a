// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import EntmeshNode

/// A `ConnectionEvent` that can be kept and compared: a transfer's entropy as plain bytes.
enum Event: Equatable {
    case opened(Hello)
    case level(UInt8)
    case transfer(sequence: UInt32, bits: Int, [UInt8])
    case receipt(Receipt, byteCount: Int)
    case status(PoolStatus)
    case closed(CloseReason, byPeer: Bool)

    /// Nil for `.needsMore`.
    init?(_ event: consuming ConnectionEvent) {
        switch consume event {
        case .needsMore: return nil
        case .opened(let hello): self = .opened(hello)
        case .level(let level): self = .level(level.percent)
        case .transfer(let sequence, let entropy):
            let bits = entropy.minEntropy.bits
            self = .transfer(
                sequence: sequence, bits: bits, entropy.withBytes { Array($0) })
        case .receipt(let receipt, let byteCount): self = .receipt(receipt, byteCount: byteCount)
        case .status(let status): self = .status(status)
        case .closed(let reason, let byPeer): self = .closed(reason, byPeer: byPeer)
        }
    }

    /// Whether nothing can follow.
    var isEnd: Bool {
        if case .closed = self { true } else { false }
    }
}
