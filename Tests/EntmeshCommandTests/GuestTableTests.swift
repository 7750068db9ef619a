// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshControl
import Testing

@testable import entmesh

extension GuestRow {
    /// A guest as the examples have it.
    static func example(
        _ id: Int?, _ name: String, _ state: String = "running", mode: Mode = .agent,
        level: Int? = nil, age: Int? = nil, served: UInt64 = 0, note: String = "",
        seeding: Seeding = .seeded
    ) -> GuestRow {
        var row = GuestRow(
            id: id, name: name, uuid: "00000000-0000-0000-0000-00000000000\(id ?? 0)", state: state,
            isActive: id != nil, mode: mode, seeding: seeding, servedBytes: served,
            servedBlocks: served / 32, discardedBytes: 0, note: note, isConnected: level != nil)
        row.level = level
        row.ageSeconds = age
        return row
    }

    /// The four of the design's section 10, and one that does not run.
    static let examples = [
        example(1, "web1", level: 100, age: 12, served: 1280),
        example(2, "db1", level: 64, age: 216, served: 9216, note: "restored, reseeded"),
        example(3, "build7", "paused", age: 4320, served: 512),
        example(4, "win11", mode: .none, note: "no vsock: attach win11", seeding: .unknown),
        example(nil, "old", "shut off", mode: .none, seeding: .unknown),
    ]
}

struct GuestTableTests {
    private func table(_ guests: [GuestRow], width: Int = 80, colour: Bool = false) -> String {
        GuestTable(guests: guests, colour: colour).render(width: width)
    }

    @Test func itLooksLikeVirshsAndFitsEightyColumns() {
        let text = table(Array(GuestRow.examples.prefix(4)))
        #expect(
            text == """
                 Id  Name    State    Mode   Level  Age     Served  Note
                ---------------------------------------------------------------------------
                 1   web1    running  agent    100  12s    1.2 KiB
                 2   db1     running  agent     64  3m36s  9.0 KiB  restored, reseeded
                 3   build7  paused   agent      -  1h12m    512 B
                 4   win11   running  none       -  -          0 B  no vsock: attach win11
                """)
    }

    @Test func whereThereIsRoomItHasVirshsDistances() {
        #expect(
            table(Array(GuestRow.examples.prefix(2)), width: 120) == """
                 Id   Name   State     Mode    Level   Age      Served   Note
                ----------------------------------------------------------------------------
                 1    web1   running   agent     100   12s     1.2 KiB
                 2    db1    running   agent      64   3m36s   9.0 KiB   restored, reseeded
                """)
    }

    @Test func nothingIsAHeaderAndARule() {
        #expect(
            table([]) == """
                 Id   Name   State   Mode   Level   Age   Served   Note
                --------------------------------------------------------
                """)
    }

    @Test func longNamesAndNotesAreCutWithAnEllipsis() {
        let guest = GuestRow.example(
            17, String(repeating: "a-long-name-", count: 21), level: 100, age: 3, served: 1 << 40,
            note: "libvirt was away, reseeded")
        let narrow = table([guest]).split(separator: "\n").map(String.init)
        #expect(
            narrow[2]
                == " 17  a-long-name-a-lo…  running  agent    100  3s   1.0 TiB  libvirt was away,…"
        )
        let wide = table([guest], width: 120).split(separator: "\n").map(String.init)
        #expect(wide[2].hasSuffix("libvirt was away, reseeded"))
        for line in narrow { #expect(line.count <= 80) }
        for line in wide { #expect(line.count <= 120) }
    }

    // F58.
    @Test(arguments: [
        "\u{1B}[31m", "a\nb", "\"", "\u{202E}abc", String(repeating: "é", count: 127),
    ])
    func aNameOfAnyKindStaysInItsColumn(_ name: String) {
        let text = table([.example(1, name, level: 1)])
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 3)
        #expect(lines.allSatisfy { $0.count <= 80 })
        #expect(!text.unicodeScalars.contains { !$0.isSafeToDisplay && $0 != "\n" })
    }

    @Test func colourIsForTheEyeOnlyAndNeverForHeadings() {
        let guests = [
            GuestRow.example(1, "a", level: 100), .example(2, "b", level: 0, seeding: .stale),
            .example(3, "c", level: 0, seeding: .failed), .example(4, "d", seeding: .notReady),
            .example(nil, "e", "shut off", seeding: .unknown),
        ]
        let painted = table(guests, colour: true).split(separator: "\n")
        #expect(
            painted.map { $0.hasPrefix("\u{1B}[32m") } == [
                false, false, true, false, false, false, false,
            ])
        #expect(painted[3].hasPrefix("\u{1B}[33m") && painted[3].hasSuffix("\u{1B}[0m"))
        #expect(painted[4].hasPrefix("\u{1B}[31m") && painted[5].hasPrefix("\u{1B}[31m"))
        #expect(!painted[6].contains("\u{1B}"))
    }

    @Test(arguments: [
        (0, "0s"), (59, "59s"), (60, "1m0s"), (216, "3m36s"), (3600, "1h0m"), (4320, "1h12m"),
        (86_400, "1d0h"), (-5, "0s"),
    ])
    func agesAreShort(_ seconds: Int, _ text: String) {
        #expect(Words.age(seconds: seconds) == text)
    }

    @Test(arguments: [
        (UInt64(0), "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1280, "1.2 KiB"),
        (1 << 20, "1.0 MiB"), (UInt64.max, "16777215.9 TiB"),
    ])
    func sizesAreShort(_ bytes: UInt64, _ text: String) {
        #expect(Words.bytes(bytes) == text)
    }

    @Test(arguments: [
        (["list", "--watch"], ["list", "--watch", "2"]),
        (["list", "-w", "--json"], ["list", "-w", "2", "--json"]),
        (["list", "--watch", "0.5"], ["list", "--watch", "0.5"]),
        (["list", "--watch=5"], ["list", "--watch=5"]), ([], []),
    ])
    func watchNeedsNoSeconds(_ arguments: [String], _ completed: [String]) {
        #expect(DisplayOptions.completed(arguments) == completed)
    }
}
