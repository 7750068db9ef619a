// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshControl
import Testing

@testable import entmesh

extension StringProtocol {
    /// How many columns of a terminal it takes, as far as these tests go: what is wide in East
    /// Asia takes two (UAX 11), a mark on the character before it none.
    fileprivate var columns: Int {
        unicodeScalars.reduce(0) { (sum: Int, scalar: Unicode.Scalar) -> Int in
            switch scalar.value {
            case 0x0300...0x036F: sum
            case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3: sum + 2
            case 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6: sum + 2
            case 0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD: sum + 2
            default: sum + 1
            }
        }
    }
}

/// U9: the table fits its width by what a terminal shows, not by how many characters there are.
struct WideTextTests {
    private func table(_ guests: [GuestRow], width: Int = 80) -> [String] {
        GuestTable(guests: guests, colour: false).render(width: width)
            .split(separator: "\n").map(String.init)
    }

    /// Where the state begins, in columns.
    private func stateColumn(_ line: String) -> Int? {
        line.firstRange(of: "running").map { line[..<$0.lowerBound].columns }
    }

    @Test(arguments: [
        String(repeating: "漢", count: 40), String(repeating: "한글", count: 20),
        String(repeating: "a漢", count: 20), String(repeating: "🦀", count: 40),
        String(repeating: "ｗ", count: 40),
    ])
    func aNameOfWideCharactersFitsAndIsCutWithAnEllipsis(_ name: String) {
        let guests = [
            GuestRow.example(
                1, name, level: 100, age: 3, served: 1280, note: "libvirt was away, reseeded"),
            .example(2, "web2", level: 90, age: 60, served: 32, note: "seeded"),
        ]
        for width in [80, 120] {
            let lines = table(guests, width: width)
            #expect(lines.count == 4)
            for line in lines { #expect(line.columns <= width, "\(line)") }
            let states = lines.dropFirst(2).compactMap(stateColumn)
            #expect(states.count == 2 && Set(states).count == 1)
        }
        #expect(table(guests)[2].contains("…"))
    }

    @Test func aShortNameOfWideCharactersKeepsTheColumnsInLine() {
        let guests = [
            GuestRow.example(1, "漢字", level: 100), .example(2, "web2", level: 90),
            .example(3, "e\u{301}te\u{301}", level: 80),
        ]
        let states = table(guests).dropFirst(2).compactMap(stateColumn)
        #expect(states.count == 3 && Set(states).count == 1)
    }
}
