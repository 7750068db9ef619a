// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshNode
import EntmeshTestSupport
import Glibc
import Testing

@testable import EntmeshSources

/// F5 and F10: a generator on a serial line, by way of a pseudoterminal.
@Suite(.timeLimit(.minutes(5))) struct SerialLineTests {
    private static func source(
        _ path: String, rate: Int = SerialLine.defaultRate,
        deadline: TimeSpan = .milliseconds(20)
    ) throws -> DeviceNoiseSource {
        let line = try #require(SerialLine(rate: rate) as SerialLine?)
        return DeviceNoiseSource(name: "trng", path: path, serial: line, deadline: deadline)
    }

    // MARK: The line

    static let speeds: [(Int, Int32)] = [
        (1200, B1200), (2400, B2400), (4800, B4800), (9600, B9600), (19200, B19200),
        (38400, B38400), (57600, B57600), (115_200, B115200), (230_400, B230400),
        (460_800, B460800), (921_600, B921600),
    ]

    @Test(arguments: speeds)
    func theLineHasTheRateThatWasAskedFor(rate: Int, speed: Int32) throws {
        let terminal = try PseudoTerminal()
        var source = try Self.source(terminal.path, rate: rate)
        #expect(
            source.failure(ofReading: 1) == .timedOut(device: terminal.path, seconds: 0))
        var settings = terminal.settings
        #expect(cfgetispeed(&settings) == speed_t(speed))
        #expect(cfgetospeed(&settings) == speed_t(speed))
    }

    @Test func everyRateIsOneThatWasLookedAt() {
        #expect(SerialLine.rates == Self.speeds.map(\.0))
        #expect(SerialLine()?.rate == 115_200)
    }

    @Test(arguments: [0, -1, 1, 300, 9601, 1_000_000, Int.max, .min])
    func aRateThatNoLineHasIsRefused(rate: Int) {
        #expect(SerialLine(rate: rate) == nil)
    }

    @Test func theLineIsRaw() throws {
        let terminal = try PseudoTerminal()
        var source = try Self.source(terminal.path)
        _ = source.failure(ofReading: 1)
        let settings = terminal.settings
        #expect(settings.c_lflag & tcflag_t(ICANON | ECHO | ECHONL | ISIG | IEXTEN) == 0)
        #expect(settings.c_iflag & tcflag_t(IXON | ICRNL | INLCR | IGNCR | ISTRIP | PARMRK) == 0)
        #expect(settings.c_oflag & tcflag_t(OPOST) == 0)
        #expect(settings.c_cflag & tcflag_t(CSIZE) == tcflag_t(CS8))
        #expect(settings.c_cflag & tcflag_t(CLOCAL | CREAD) == tcflag_t(CLOCAL | CREAD))
        #expect(settings.c_cflag & (tcflag_t(PARENB | CSTOPB) | tcflag_t(CRTSCTS)) == 0)
    }

    @Test func everyByteComesThroughAsItIs() async throws {
        let terminal = try PseudoTerminal()
        var source = try Self.source(terminal.path)
        _ = source.failure(ofReading: 1)
        let all = (0...255).map { UInt8($0) }
        terminal.send(all)
        var seen: [UInt8] = []
        try await poll {
            seen += (try? source.read(256)) ?? []
            return seen.count >= all.count
        }
        #expect(seen == all)
    }

    @Test func whatCameBeforeTheOpeningIsThrownAway() async throws {
        let terminal = try PseudoTerminal()
        let other = open(terminal.path, O_RDONLY | O_NOCTTY)
        defer { close(other) }
        terminal.send(Array("old\n".utf8))
        // The kernel takes what a master sends over to the line a little later.
        try await poll { Self.waitingCount(other) == 4 }
        var source = try Self.source(terminal.path)
        #expect(
            source.failure(ofReading: 16) == .timedOut(device: terminal.path, seconds: 0))
        terminal.send([7])
        var seen: [UInt8] = []
        try await poll {
            seen = (try? source.read(16)) ?? []
            return !seen.isEmpty
        }
        #expect(seen == [7])
    }

    /// How many bytes wait to be read, up to the end of a line.
    private static func waitingCount(_ descriptor: Int32) -> Int32 {
        var count: Int32 = 0
        return ioctl(descriptor, UInt(FIONREAD), &count) == 0 ? count : -1
    }

    @Test func aDeviceThatIsNoLineIsReadAllTheSame() throws {
        var source = try Self.source("/dev/zero", rate: 9600)
        #expect(try source.read(3) == [0, 0, 0])
    }

    // MARK: The wrong rate

    @Test func aGeneratorAtTheWrongRateFailsItsStartUpTestAndTheWordsSayWhatWasSeen() async throws {
        let generator = try SerialGenerator(speed: B9600)
        let running = try RunningSource(
            try Self.source(generator.path, rate: 115_200, deadline: .seconds(5)))
        running.set.allow(upTo: 64)
        let state = try await running.state(\.isFailed)
        let words = /observed 0\.\d bits a byte in (\d+) samples, 1\.0 claimed/
        let count = try #require(state.firstMatch(of: words)).output.1
        #expect((2...1024).contains(try #require(Int(count))))
        let status = running.runner.status()
        #expect(status.raw.conditioned == 0)
        #expect(status.raw.read > 0 && status.raw.dropped == status.raw.read)
        #expect(running.set.madeByteCount == 0)
        // An operator may look at what came: mostly zeros.
        let samples = try await running.runner.capture(count: 1000)
        #expect(Set(samples).isSubset(of: [0, 0x80, 0xE0, 0xF8, 0xFE]))
    }

    @Test func atTheRightRateTheSameGeneratorPassesAndGivesBlocks() async throws {
        let generator = try SerialGenerator(speed: B9600)
        let running = try RunningSource(
            try Self.source(generator.path, rate: 9600, deadline: .seconds(5)))
        try await running.state(.healthy)
        try await running.expectBlocks(2)
        #expect(running.runner.status().alarms.total == 0)
    }

    // MARK: Unplugged

    @Test func anUnpluggedGeneratorIsUnavailableAndHealthyWhenItIsBack() async throws {
        let folder = try TestDirectory()
        let path = folder.path("trng")
        let first = try SerialGenerator(speed: B115200, seed: 1)
        try #require(symlink(first.path, path) == 0)
        let running = try RunningSource(try Self.source(path, deadline: .seconds(5)))
        try await running.state(.healthy)
        try await running.expectBlocks(1)

        // Before it is unplugged: the terminal's number may be another test's the moment after.
        try #require(unlink(path) == 0)
        first.unplug()
        // It rests while nothing is wanted, and does not know.
        running.set.allow(upTo: .max)
        #expect(try await running.state(\.isUnavailable).contains(path))

        let second = try SerialGenerator(speed: B115200, seed: 2)
        try #require(symlink(second.path, path) == 0)
        try await running.state(.starting)
        try await running.state(.healthy)
        running.runner.stop()
    }
}
