// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshControl

/// The part of the ledger that is past: earlier runs of the daemon, and guests that are forgotten.
struct LedgerBook {
    /// How many guests are remembered; beyond it, those that were served longest ago are dropped.
    static let mostEntries = 4096

    private var past: [String: LedgerEntry] = [:]

    /// Puts `entry` with what is past already.
    mutating func close(_ entry: LedgerEntry) {
        guard !entry.isBlank else { return }
        if past[entry.uuid] == nil {
            past[entry.uuid] = entry
        } else {
            past[entry.uuid]?.add(entry)
        }
    }

    /// The whole ledger: what is past, and `current` of the guests that are known now.
    func ledger(with current: [LedgerEntry]) -> GuestLedger {
        var all = self
        for entry in current { all.close(entry) }
        let latest = all.past.values.sorted { ($0.lastServed ?? 0) > ($1.lastServed ?? 0) }
        return GuestLedger(
            entries: latest.prefix(Self.mostEntries).sorted {
                ($0.name, $0.uuid) < ($1.name, $1.uuid)
            })
    }
}
