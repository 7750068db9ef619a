// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import EntmeshCoreTestSupport
import EntmeshLinux
import EntmeshNode
import Foundation
import Testing

@testable import EntmeshGuest

@Suite struct ProgramTests {
    private func arguments(_ words: [String]) -> Arguments {
        Immortal.arguments(["entmesh-guest"] + words)
    }

    private func text(_ word: CString) -> String {
        String(decoding: (0..<word.count).map { word[$0] }, as: UTF8.self)
    }

    private func text(_ literal: StaticString) -> String {
        literal.withUTF8Buffer { String(decoding: $0, as: UTF8.self) }
    }

    @Test func withoutArgumentsTheDefaultsHold() throws {
        let options = try GuestOptions(arguments([]))
        #expect(options.action == .run)
        #expect(options.settings == GuestSettings())
        #expect(options.unixPath == nil)
        #expect(text(options.stateDirectory) == "/run/entmesh-guest")
    }

    @Test func everyOptionIsUnderstoodInBothForms() throws {
        for words in [
            [
                "--once", "--wait", "5", "--if-available", "--mix", "--horizon", "60", "--unix",
                "/run/x", "--state-dir", "/tmp/y", "--give",
            ],
            [
                "--wait=5", "--mix", "--give", "--horizon=60", "--once", "--unix=/run/x",
                "--state-dir=/tmp/y", "--if-available",
            ],
        ] {
            let options = try GuestOptions(arguments(words))
            #expect(options.settings.onceWithin == .seconds(5))
            #expect(options.settings.onlyIfAvailable)
            #expect(options.settings.mode == .mix)
            #expect(options.settings.gives)
            #expect(options.settings.horizon == .seconds(60))
            #expect(options.settings.transport == .unix)
            #expect(options.unixPath.map(text) == "/run/x")
            #expect(text(options.stateDirectory) == "/tmp/y")
        }
    }

    @Test func onceAloneWaitsHalfAMinute() throws {
        #expect(try GuestOptions(arguments(["--once"])).settings.onceWithin == .seconds(30))
    }

    @Test func helpAndVersionWinOverWhatFollows() throws {
        #expect(try GuestOptions(arguments(["--help", "--nonsense"])).action == .help)
        #expect(try GuestOptions(arguments(["--version"])).action == .version)
        #expect(try GuestOptions(arguments(["--status"])).action == .status)
    }

    @Test(
        arguments: [
            ["--nonsense"], ["-x"], ["word"], [""], ["--wait", "5"], ["--once", "--wait"],
            ["--once", "--wait", "0"], ["--once", "--wait", "86401"], ["--horizon", "9"],
            ["--horizon", "86401"], ["--horizon", "-10"], ["--horizon", "1e3"],
            ["--horizon", ""], ["--horizon="], ["--unix"], ["--unix="], ["--unixx", "a"],
            ["--state-dir"], ["--onces"], ["--gives"],
            ["--give=1"], ["--horizon", "99999999999999999999"],
        ])
    func aMistakeIsNamedAndEndsWith64(words: [String]) {
        #expect(throws: GuestOptions.Mistake.self) { _ = try GuestOptions(arguments(words)) }
        #expect(GuestProgram.run(arguments(words)) == .usage)
    }

    @Test(arguments: [10, 86_400])
    func theLimitsOfTheHorizonAreAllowed(seconds: Int) throws {
        let options = try GuestOptions(arguments(["--horizon", String(seconds)]))
        #expect(options.settings.horizon == .seconds(Int64(seconds)))
    }

    @Test func theStatusFileIsReadAsItWasWritten() {
        for last in [nil, Injection.Outcome.reseeded, .deferred, .mixed, .seeded, .failed(.noData)]
        {
            for givenBytes in [nil, 0, 64] as [Int64?] {
                let record = StatusRecord(
                    state: .connected, processID: 4711, transport: .unix, mode: .mix,
                    horizon: .seconds(60), fedAt: Moment(nanoseconds: 12_345_678_901),
                    isProven: true, tally: InjectionTally(blocks: 3, bytes: 96, last: last),
                    givenBytes: givenBytes)
                #expect(read(write(record)) == record)
            }
        }
    }

    @Test func theStatusFileOfAnAgentThatDoesNotGiveSaysNothingOfGiving() {
        var record = StatusRecord(
            state: .connected, processID: 1, transport: .unix, mode: .credit,
            horizon: .seconds(600), fedAt: nil, isProven: false, tally: InjectionTally())
        #expect(!String(decoding: write(record), as: UTF8.self).contains("giv"))
        record.givenBytes = 32
        let text = String(decoding: write(record), as: UTF8.self)
        #expect(text.hasSuffix("\ngiven-getrandom-bytes 32\n"))
    }

    @Test func whatIsNoStatusFileIsNotRead() {
        let good = write(
            StatusRecord(
                state: .stopped, processID: 1, transport: .vsock, mode: .credit,
                horizon: .seconds(600), fedAt: nil, isProven: false, tally: InjectionTally()))
        for length in 0..<(good.count - 1) {
            _ = read(Array(good[..<length]))
        }
        #expect(read([]) == nil)
        #expect(read(Array("state 1\npid 2\n".utf8)) == nil)
        #expect(read(Array(repeating: 0x20, count: 900)) == nil)
        #expect(read(Array(repeating: 0xFF, count: 900)) == nil)
    }

    private func write(_ record: StatusRecord) -> [UInt8] {
        var text = TextBuffer()
        record.write(to: &text)
        return text.withBytes { Array($0) }
    }

    private func read(_ bytes: [UInt8]) -> StatusRecord? {
        bytes.withUnsafeBytes { StatusRecord(text: $0) }
    }

    @Test func theGenerationCountsOnAndDiffersEachTime() throws {
        let path = NSTemporaryDirectory() + "entmesh-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let directory = Immortal.text(path)
        var generation = Generation(directory: directory)
        #expect(generation.count == 0)
        try generation.advance(directory: directory)
        let first = try String(contentsOfFile: path + "/generation", encoding: .utf8)
        var next = Generation(directory: directory)
        #expect(next.count == 1)
        try next.advance(directory: directory)
        let second = try String(contentsOfFile: path + "/generation", encoding: .utf8)
        #expect(first.wholeMatch(of: /1 [0-9a-f]{32}\n/) != nil)
        #expect(second.wholeMatch(of: /2 [0-9a-f]{32}\n/) != nil)
        #expect(first.dropFirst(2) != second.dropFirst(2))
        #expect(throws: Errno.noSuchFile) {
            try next.advance(directory: CString("/nonexistent"))
        }
    }

    @Test func newsAreWholeSentencesThatFitALine() {
        let news: [GuestNews] = [
            .connected, .fed(.reseeded), .fed(.deferred), .refused(.notPermitted),
            .refused(.noSuchFile), .lost(.transportReset), .lost(.closedByHost(.replaced)),
            .lost(.closedHere(.malformedFrame)), .lost(.failed(.timedOut)), .lost(.endOfStream),
            .unreachable(.noTransport(.noSuchDevice)), .unreachable(.portForbidden),
            .unreachable(.portInUse), .unreachable(.failed(Errno(number: 95))), .gaveUp,
        ]
        for item in news {
            var text = TextBuffer()
            item.write(to: &text)
            let line = text.withBytes { String(decoding: $0, as: UTF8.self) }
            #expect(!line.isEmpty && line.count < 120, "\(line)")
        }
        var refusal = TextBuffer()
        GuestNews.refused(.notPermitted).write(to: &refusal)
        let line = refusal.withBytes { String(decoding: $0, as: UTF8.self) }
        #expect(line.contains("CAP_SYS_ADMIN") && line.contains("EPERM"))
    }

    @Test func textThatDoesNotFitIsCutOff() {
        var text = TextBuffer()
        for _ in 0..<300 { text.append("12345") }
        #expect(text.withBytes { $0.count } == 1024)
        var numbers = TextBuffer()
        numbers.append(Int64.min)
        numbers.append(" ")
        numbers.append(0)
        numbers.append(hexadecimal: 0xAF)
        #expect(
            numbers.withBytes { String(decoding: $0, as: UTF8.self) }
                == "-9223372036854775808 0af")
    }

    @Test func sourcePortsArePrivilegedAndNeverTheSameTwiceInARow() {
        for randomness in [0, 511, UInt64.max] {
            var ports = SourcePorts(randomness: randomness)
            let all = (0..<SourcePorts.count).map { _ in ports.next() }
            #expect(Set(all) == Set(512...1023))
            #expect(ports.next() == all[0])
        }
    }

    @Test func helpFits80Columns() {
        for line in text(HelpText.text).split(separator: "\n") {
            #expect(line.count <= 80, "\(line)")
        }
    }
}
