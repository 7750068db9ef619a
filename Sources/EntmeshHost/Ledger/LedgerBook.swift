// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshControl

/// The part of the ledger that is past: earlier runs of the daemon, and guests that are forgotten.
struct LedgerBook: Sendable {
    /// How many guests are remembered; beyond it, those that were served longest ago are dropped.
    static let mostEntries = 4096

    private var past: [String: LedgerEntry] = [:]

    /// How many are remembered.
    var count: Int { past.count }

    /// Puts `entry` with what is past already.
    mutating func close(_ entry: LedgerEntry) {
        guard !entry.isBlank else { return }
        guard past[entry.uuid] == nil else {
            past[entry.uuid]?.add(entry)
            return
        }
        if past.count >= Self.mostEntries { dropTheOldest() }
        past[entry.uuid] = entry
    }

    private mutating func dropTheOldest() {
        let oldest = past.values.min { ($0.lastServed ?? 0) < ($1.lastServed ?? 0) }
        if let oldest { past[oldest.uuid] = nil }
    }

    /// The whole ledger: what is past, and `current` of the guests that are known now.
    func ledger(with current: [LedgerEntry]) -> GuestLedger {
        var all = self
        for entry in current { all.close(entry) }
        return GuestLedger(
            entries: all.past.values.sorted { ($0.name, $0.uuid) < ($1.name, $1.uuid) })
    }
}
