// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConnection
internal import EntmeshControl

/// Counts what happened, by name and reason. Both come from the program, never from a peer, so the
/// number of counters is bounded.
struct Counters {
    /// What is counted.
    enum Name: String {
        /// Connections turned away before the protocol began.
        case refused
        /// Connections that ended, by why.
        case closed
        /// Receipts, by outcome.
        case receipts
        /// Everything else, by what it was.
        case events
    }

    private struct Key: Hashable {
        let name: Name
        let reason: String
    }

    private var counts: [Key: UInt64] = [:]

    mutating func add(_ name: Name, _ reason: String) {
        counts[Key(name: name, reason: reason), default: 0] += 1
    }

    mutating func add(_ name: Name, _ reason: CloseReason) {
        add(name, "\(reason.label)")
    }

    /// The counters, in a stable order.
    var rows: [CounterRow] {
        counts.map { CounterRow(name: $0.name.rawValue, reason: $0.reason, count: $1) }
            .sorted { ($0.name, $0.reason) < ($1.name, $1.reason) }
    }
}
