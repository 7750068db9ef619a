// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshNode

/// Lets one line a subject through in ten seconds, and says how many were held back.
struct LogLimiter {
    private static let interval = TimeSpan.seconds(10)
    /// How many subjects are remembered; beyond it, all are forgotten and begin anew.
    private static let mostSubjects = 4096

    private struct Entry {
        var next: Moment
        var heldBack = 0
    }

    private var entries: [String: Entry] = [:]

    /// Whether a line about `subject` may be written now: nil if not, else how many were held back.
    mutating func admit(_ subject: String, now: Moment) -> Int? {
        if let entry = entries[subject], now < entry.next {
            entries[subject]?.heldBack += 1
            return nil
        }
        if entries.count >= Self.mostSubjects { entries.removeAll() }
        let heldBack = entries[subject]?.heldBack ?? 0
        entries[subject] = Entry(next: now + Self.interval)
        return heldBack
    }
}
