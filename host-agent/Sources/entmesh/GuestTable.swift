// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshControl

/// The table of `entmesh list`.
struct GuestTable {
    let guests: [GuestRow]
    let colour: Bool

    func render(width: Int) -> String {
        var table = Table([
            .init("Id"), .init("Name", shrinksTo: 8), .init("State"), .init("Mode"),
            .init("Level", .right), .init("Age"), .init("Served", .right),
            .init("Note", shrinksTo: 12),
        ])
        table.rows = guests.map(cells)
        let lines = table.render(width: width).split(
            separator: "\n", omittingEmptySubsequences: false)
        return zip(lines.indices, lines).map { index, line in
            index < 2 ? String(line) : paint(String(line), guests[index - 2])
        }.joined(separator: "\n")
    }

    private func cells(_ guest: GuestRow) -> [String] {
        [
            guest.id.map(String.init) ?? "-", guest.name.escapedForDisplay, guest.state,
            guest.mode.rawValue, guest.level.map(String.init) ?? "-",
            guest.ageSeconds.map { Words.age(seconds: $0) } ?? "-",
            Words.bytes(guest.servedBytes), guest.note,
        ]
    }

    // The words say it all; colour only helps the eye.
    private func paint(_ line: String, _ guest: GuestRow) -> String {
        guard colour, guest.isActive else { return line }
        let code =
            switch guest.seeding {
            case .seeded: "32"
            case .stale, .unknown: "33"
            case .notReady, .failed: "31"
            }
        return "\u{1B}[\(code)m\(line)\u{1B}[0m"
    }
}
