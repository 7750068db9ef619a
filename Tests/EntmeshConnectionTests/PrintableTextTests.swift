// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import Testing

@Suite("Printable text")
struct PrintableTextTests {
    @Test("takes printable ASCII and nothing else")
    func printable() {
        for byte in UInt8.min...UInt8.max {
            var text = PrintableText()
            let isTaken = text.append(byte)
            #expect(isTaken == (0x20...0x7E ~= byte))
            #expect(text.count == (0x20...0x7E ~= byte ? 1 : 0))
        }
    }

    @Test("takes 64 bytes and not one more")
    func longest() {
        var text = PrintableText()
        let taken = (0..<65).map { _ in text.append(0x61) }
        #expect(taken == Array(repeating: true, count: 64) + [false])
        #expect(text.count == 64)
        #expect(text.description == String(repeating: "a", count: 64))
    }

    @Test("leaves out of a literal what it cannot hold")
    func literal() {
        #expect(PrintableText("6.1\u{1B}[31m\n").description == "6.1[31m")
        #expect(PrintableText("é").count == 0)
    }

    @Test("is equal by its bytes")
    func equality() {
        #expect(PrintableText("abc") == PrintableText("abc"))
        #expect(PrintableText("abc") != PrintableText("abd"))
        #expect(PrintableText("abc") != PrintableText("ab"))
        #expect(PrintableText() == PrintableText(""))
        #expect(PrintableText("abc")[1] == 0x62)
    }
}
