// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConfig
import EntmeshSources
import Testing

/// What `sources` can name.
@Suite struct SourceTests {
    private func named(_ elements: String) throws -> [SourceSettings]? {
        try settings("sources:\n  use: [\(elements)]\n").sources.named
    }

    @Test(arguments: [
        ("hwrng", NoiseSourceKind.hardwareGenerator, "hwrng"), ("rdseed", .rdseed, "rdseed"),
        ("tpm", .tpm, "tpm0"), ("kernel", .kernel, "kernel"),
    ])
    func aKindThatIsWhereItUsuallyIsNeedsNothingElse(
        word: String, kind: NoiseSourceKind, name: String
    ) throws {
        let source = try #require(try named("{kind: \(word)}")?.first)
        #expect(source == SourceSettings(kind: kind))
        #expect(source.name == name)
        #expect(source.path == nil)
        #expect(source.claim == nil)
        #expect(source.effectiveClaim == kind.defaultClaim)
        #expect(source.line == nil)
    }

    @Test(arguments: [("device", NoiseSourceKind.characterDevice), ("egd", .egd)])
    func aKindThatCanBeAnywhereIsCalledAsItsPath(word: String, kind: NoiseSourceKind) throws {
        let source = try #require(try named("{path: /dev/x, kind: \(word)}")?.first)
        #expect(source == SourceSettings(kind: kind, path: "/dev/x"))
        #expect(source.name == "/dev/x")
    }

    @Test(arguments: [("hwrng", "hwrng"), ("tpm", "tpm0")])
    func aKindThatIsSomewhereElseKeepsItsName(word: String, name: String) throws {
        let source = try #require(try named("{kind: \(word), path: /dev/x}")?.first)
        #expect(source.name == name)
        #expect(source.path == "/dev/x")
    }

    @Test func anOperatorNamesAndJudgesASource() throws {
        let yaml = "{kind: device, name: trng, path: /dev/ttyACM0, claim: 2.5, baud: 9600}"
        let source = try #require(try named(yaml)?.first)
        var wanted = SourceSettings(kind: .characterDevice, path: "/dev/ttyACM0")
        wanted.name = "trng"
        wanted.claim = try EntropyClaim(bitsPerByte: 2.5)
        wanted.line = SerialLine(rate: 9600)
        #expect(source == wanted)
        #expect(source.effectiveClaim.bitsPerByte == 2.5)
    }

    @Test func theyKeepTheirOrderAndAnEmptyListIsNone() throws {
        #expect(
            try named("{kind: tpm}, {kind: rdseed}, {kind: hwrng}")?.map(\.kind)
                == [.tpm, .rdseed, .hardwareGenerator])
        #expect(try named("") == [])
    }

    @Test(arguments: [
        (
            "{kind: hwrgn}",
            """
            3:14: 'hwrgn' is not one of hwrng, rdseed, tpm, kernel, device, egd \
            (did you mean 'hwrng'?)
            """
        ),
        ("{kind: jitter}", "3:14: 'jitter' is not one of hwrng, rdseed, tpm, kernel, device, egd"),
        ("{kind: }", "3:14: '' is not one of hwrng, rdseed, tpm, kernel, device, egd"),
        ("{kind: device}", "3:7: a source of kind 'device' takes a path"),
        ("{kind: egd, name: a}", "3:7: a source of kind 'egd' takes a path"),
        ("{kind: rdseed, path: /dev/x}", "3:28: a source of kind 'rdseed' has no path"),
        ("{kind: kernel, path: /dev/x}", "3:28: a source of kind 'kernel' has no path"),
        ("{kind: device, path: }", "3:28: a text is missing"),
        ("{kind: tpm, path: tpm1}", "3:25: 'tpm1' is no path; begin with '/'"),
        ("{kind: tpm, name: \"\\e\"}", #"3:25: '\u{1b}' is too long, or has control characters"#),
    ])
    func whatNoSourceCanBe(element: String, problem: String) {
        #expect(
            refusal(of: "sources:\n  use:\n    - \(element)\n") == "host.yaml:\(problem)")
    }

    // MARK: The claim

    @Test(arguments: [
        ("0.125", 0.125), ("0.1251", 0.1251), ("1", 1), ("7.999", 7.999), ("8", 8), ("8.0", 8),
        ("4e0", 4), ("'4'", 4),
    ])
    func aClaimIsBitsAByte(text: String, bits: Double) throws {
        let source = try #require(try named("{kind: rdseed, claim: \(text)}")?.first)
        #expect(source.claim == (try EntropyClaim(bitsPerByte: bits)))
    }

    @Test(arguments: [
        "0", "-1", "0.1", "0.1249", "8.001", "8.1", "4000", "nan", ".nan", "inf", ".inf", "-inf",
        "much", "4 bits", "4,0", "1e400",
    ])
    func aClaimThatCannotBeTestedIsRefused(text: String) {
        #expect(
            refusal(of: "sources:\n  use:\n    - kind: rdseed\n      claim: \(text)\n")
                == "host.yaml:4:14: '\(text)' is no number from 0.125 to 8.0")
    }

    // MARK: The serial line

    @Test(arguments: SerialLine.rates)
    func everyRateOfASerialLineCanBeAskedFor(rate: Int) throws {
        let source = try #require(try named("{kind: device, path: /dev/x, baud: \(rate)}")?.first)
        #expect(source.line?.rate == rate)
    }

    private static let rates = """
        1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600
        """

    @Test(arguments: [
        ("14400", nil), ("-9600", nil), ("115201", nil), ("0", "'0' is not one of \(rates)"),
        ("fast", "'fast' is not one of \(rates)"),
        ("9600.0", nil), ("[9600]", "this is not one of \(rates)"),
    ])
    func anyOtherRateIsRefused(rate: String, problem: String?) throws {
        let said = try #require(
            refusal(of: "sources: {use: [{kind: device, path: /dev/x, baud: \(rate)}]}"))
        let expected = problem ?? "'\(rate)' is not one of \(Self.rates) (did you mean '"
        #expect(said.hasPrefix("host.yaml:1:52: \(expected)"))
    }

    @Test(arguments: ["hwrng", "rdseed", "tpm", "kernel", "egd, path: /x"])
    func onlyADeviceHasASerialLine(kind: String) {
        #expect(
            refusal(of: "sources:\n  use:\n    - {baud: 9600, kind: \(kind)}\n")
                == "host.yaml:3:14: only a source of kind 'device' has a baud rate")
    }

    // MARK: Names

    @Test(arguments: [
        ("{kind: tpm}", "{kind: tpm, path: /dev/tpmrm1}", "tpm0"),
        ("{kind: hwrng}", "{kind: rdseed, name: hwrng}", "hwrng"),
        ("{kind: device, path: /dev/a}", "{kind: egd, path: /dev/a}", "/dev/a"),
        ("{kind: tpm, name: ☃}", "{kind: rdseed, name: ☃}", "☃"),
    ])
    func twoSourcesOfOneNameAreRefusedAtTheSecond(first: String, second: String, name: String) {
        #expect(
            refusal(of: "sources:\n  use:\n    - \(first)\n    - {kind: kernel}\n    - \(second)\n")
                == "host.yaml:5:7: there are two sources called '\(name)'")
    }

    @Test func twoOfAKindWithTwoNamesAreFine() throws {
        #expect(
            try named("{kind: tpm}, {kind: tpm, path: /dev/tpmrm1, name: tpm1}")?.map(\.name)
                == ["tpm0", "tpm1"])
    }
}
