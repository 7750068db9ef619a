// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConfig
import Testing

/// Sizes and rates have units, and limits.
@Suite struct SizeTests {
    @Test(arguments: [
        ("4096", 4096), ("4096 B", 4096), ("4096B", 4096), ("4 KiB", 4096), ("4KiB", 4096),
        ("4   KiB", 4096), ("'4 KiB'", 4096), ("\"1 MiB\"", 1 << 20), ("0004 KiB", 4096),
        ("512 MiB", 1 << 29), ("1 GiB", 1 << 30),
    ])
    func aSizeIsANumberAndItsUnit(text: String, byteCount: Int) throws {
        #expect(try settings("tank: {size: \(text)}").tank.byteCount == byteCount)
    }

    @Test(arguments: [
        ("64", 64), ("64 B/s", 64), ("64B/s", 64), ("2 KiB/s", 2048), ("1 MiB/s", 1 << 20),
    ])
    func aRateIsASizeASecond(text: String, rate: Int) throws {
        #expect(try settings("guests: {rate: \(text)}").guests.defaults.rate == rate)
    }

    @Test(arguments: [
        "1 MB", "1 mib", "1 kB", "1K", "4 Ki", "1.5 MiB", "1,5 MiB", "MiB", "KiB 4", "-1 MiB",
        "+1 MiB", "0x1000", "1_000 KiB", "1e6", "1 MiB/s", "٤ KiB", "４ KiB", "4\\tKiB", "4 KiB B",
        "", " ",
    ])
    func aSizeWithAnotherUnitIsRefusedWithThoseThereAre(text: String) {
        let shown = text == "4\\tKiB" ? "4\\u{9}KiB" : text
        #expect(
            refusal(of: "tank:\n  size: \"\(text)\"\n")
                == """
                host.yaml:2:9: '\(shown)' has no unit that is known: write a number and B, KiB, \
                MiB or GiB, as in '64 KiB'
                """)
    }

    @Test(arguments: ["64 B", "1 KiB", "64/s", "64 /s", "1 KiB/S", "1 KiB/min", "B/s"])
    func aRateWithAnotherUnitIsRefusedWithThoseThereAre(text: String) {
        #expect(
            refusal(of: "guests:\n  rate: \(text)\n")
                == """
                host.yaml:2:9: '\(text)' has no unit that is known: write a number and B/s, KiB/s, \
                MiB/s or GiB/s, as in '64 KiB/s'
                """)
    }

    @Test func nothingAndAListAreNoSizes() {
        let problem = """
            has no unit that is known: write a number and B, KiB, MiB or GiB, as in '64 KiB'
            """
        #expect(refusal(of: "tank: {size: }") == "host.yaml:1:14: '' \(problem)")
        #expect(refusal(of: "tank: {size: [1]}") == "host.yaml:1:14: this \(problem)")
    }

    @Test(arguments: [
        ("tank", "size", ["4096 B", "4097 B", "1048575 KiB", "1 GiB"]),
        ("guests", "rate", ["1 B/s", "2 B/s", "1048575 B/s", "1 MiB/s"]),
        ("guests", "burst", ["32 B", "33 B", "1048575 B", "1 MiB"]),
    ])
    func limitsAreIncluded(section: String, key: String, sizes: [String]) throws {
        for size in sizes { _ = try settings("\(section): {\(key): \(size)}") }
    }

    private static let huge = String(repeating: "9", count: 40)

    @Test(arguments: [
        ("0", "'0'"), ("4095 B", "'4095 B'"), ("3 KiB", "'3 KiB'"),
        ("1073741825", "'1073741825'"), ("2 GiB", "'2 GiB'"),
        ("9223372036854775807 GiB", "'9223372036854775807 GiB'"),
        ("9223372036854775808", "'9223372036854775808'"), (huge, "'\(huge)'"),
    ])
    func aTankOutsideItsLimitsIsRefused(size: String, shown: String) {
        #expect(
            refusal(of: "tank:\n  size: \(size)\n")
                == "host.yaml:2:9: \(shown) is out of range: 4096 to 1073741824 B")
    }

    @Test(arguments: ["0", "0 B/s", "1048577 B/s", "1025 KiB/s", "1 GiB/s"])
    func aRateOutsideItsLimitsIsRefused(rate: String) {
        #expect(
            refusal(of: "guests:\n  rate: \(rate)\n")
                == "host.yaml:2:9: '\(rate)' is out of range: 1 to 1048576 B/s")
        #expect(
            refusal(of: "guests:\n  overrides: [{name: a, rate: \(rate)}]\n")
                == "host.yaml:2:31: '\(rate)' is out of range: 1 to 1048576 B/s")
    }

    @Test(arguments: ["0", "31 B", "1048577", "1025 KiB", "1 GiB"])
    func aBurstOutsideItsLimitsIsRefused(burst: String) {
        #expect(
            refusal(of: "guests:\n  burst: \(burst)\n")
                == "host.yaml:2:10: '\(burst)' is out of range: 32 to 1048576 B")
    }
}
