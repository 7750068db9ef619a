// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshNode
import EntmeshTestSupport
import Glibc
import Testing

@testable import EntmeshSources

/// F8: a TPM that is busy, was reset, answers nonsense or takes its time.
@Suite(.timeLimit(.minutes(5))) struct TPMSourceTests {
    private static func source(
        _ tpm: FakeTPM, deadline: TimeSpan = TPMSource.answerDeadline,
        longestRead: TimeSpan = .seconds(60)
    ) -> TPMSource {
        TPMSource(path: tpm.path, deadline: deadline, longestRead: longestRead)
    }

    // MARK: Good answers

    @Test func aReadIsAtMostFourCommandsAndItsBytesAreTheTPMsInOrder() throws {
        let tpm = try FakeTPM()
        var source = Self.source(tpm)
        #expect(try source.read(512) == tpm.given)
        #expect(tpm.given.count == 256)
        let command = TPMRandom.command(count: 64)
        #expect(tpm.commands.map(\.bytes) == [command, command, command, command])
        #expect(tpm.commands.allSatisfy { $0.connection == 1 })
    }

    @Test func noMoreIsAskedForThanIsWanted() throws {
        let tpm = try FakeTPM()
        var source = Self.source(tpm)
        #expect(try source.read(100).count == 100)
        #expect(try source.read(1).count == 1)
        #expect(tpm.counts == [64, 36, 1])
    }

    @Test func aTPMThatGivesLessIsAskedForTheRest() throws {
        let tpm = try FakeTPM(.bytes(FakeTPM.response([1, 2, 3])))
        var source = Self.source(tpm)
        #expect(try source.read(10) == [1, 2, 3] + tpm.given)
        #expect(tpm.counts == [10, 7])
    }

    // MARK: Busy

    @Test(arguments: [0x908, 0x909, 0x90A, 0x922] as [UInt32])
    func aBusyTPMIsAskedAgainLater(code: UInt32) throws {
        let tpm = try FakeTPM(.code(code), .code(code))
        var source = Self.source(tpm)
        #expect(try source.read(16) == tpm.given)
        #expect(tpm.counts == [16, 16, 16])
        // 20 ms after the first, and twice that after the second.
        #expect(Self.pause(tpm, after: 0) >= .milliseconds(19))
        #expect(Self.pause(tpm, after: 1) >= .milliseconds(39))
    }

    @Test func aTPMThatStaysBusyIsLeftAlone() throws {
        let tpm = try FakeTPM(.good)
        tpm.append(Array(repeating: .code(0x922), count: 10))
        var source = Self.source(tpm)
        // What came before is good.
        #expect(try source.read(128) == tpm.given)
        #expect(tpm.counts == [64, 64, 64, 64, 64, 64])
        #expect(
            source.failure(ofReading: 64)
                == .busy(device: tpm.path, reason: "it put 5 commands off"))
    }

    @Test func aTPMIsLeftAloneForAsLongAsACommandTook() throws {
        let tpm = try FakeTPM(.late(milliseconds: 50))
        var source = Self.source(tpm)
        #expect(try source.read(128).count == 128)
        #expect(Self.pause(tpm, after: 0) >= .milliseconds(49))
    }

    /// From an answer to the command after it.
    private static func pause(_ tpm: FakeTPM, after index: Int) -> TimeSpan {
        guard let answer = tpm.commands[index].answer else { return .seconds(0) }
        return tpm.commands[index + 1].arrival - answer
    }

    // MARK: Slow

    @Test func aSlowTPMIsAskedOnceARead() throws {
        let tpm = try FakeTPM(.late(milliseconds: 50))
        var source = Self.source(tpm, longestRead: .milliseconds(40))
        #expect(try source.read(512).count == 64)
        #expect(tpm.counts == [64])
    }

    @Test func aSlowTPMIsDegradedAndGivesAllTheSame() async throws {
        let tpm = try FakeTPM()
        tpm.append(Array(repeating: .good, count: 16))
        tpm.append(Array(repeating: .late(milliseconds: 110), count: 8))
        var limits = SourceLimits.quick
        limits.slowSpan = .milliseconds(100)
        limits.stallSpan = .milliseconds(500)
        let running = try RunningSource(
            Self.source(tpm, longestRead: .milliseconds(100)), limits: limits)
        let state = try await running.state(\.isDegraded)
        #expect(state.hasPrefix("degraded: slow: "))
        #expect(state.hasSuffix(" s for one read"))
        // More than the slow answers give.
        try await running.expectBlocks(3)
        // On a busy machine the last read was slow by chance, and at rest it would stay so.
        running.set.allow(upTo: .max)
        try await running.state(.healthy)
    }

    @Test func anAnswerThatIsLateIsNotTakenForAnothers() async throws {
        let tpm = try FakeTPM(.held)
        var source = Self.source(tpm, deadline: .milliseconds(20))
        #expect(source.failure(ofReading: 64) == .timedOut(device: tpm.path, seconds: 0))
        #expect(source.failure(ofReading: 64) == .timedOut(device: tpm.path, seconds: 0))
        tpm.release()
        var bytes: [UInt8] = []
        // The buffer that it comes to may be a smaller one.
        try await poll {
            bytes = (try? source.read(5)) ?? []
            return !bytes.isEmpty
        }
        #expect(bytes == Array(tpm.given[..<5]))
        #expect(tpm.counts == [64])
        // This is another command, which may be late too.
        try await poll {
            bytes = (try? source.read(8)) ?? []
            return !bytes.isEmpty
        }
        #expect(bytes == Array(tpm.given[64...]))
        #expect(tpm.commands.allSatisfy { $0.connection == 1 })
    }

    @Test func aTPMThatNeverAnswersIsStalled() async throws {
        let tpm = try FakeTPM(.held)
        let running = try RunningSource(Self.source(tpm, deadline: .milliseconds(20)))
        try await running.state(.stalled)
        tpm.release()
        try await running.state(.healthy)
    }

    // MARK: Nonsense

    static let nonsense: [(FakeTPM.Step, String)] = [
        (.code(0x100), "refuses: it was reset and not started since (TPM_RC_INITIALIZE)"),
        (.code(0x101), "refuses: it is in failure mode (TPM_RC_FAILURE); restart the machine"),
        (.code(0x12F), "refuses: response code 0x12f"),
        (.bytes([0x80, 0x01, 0]), "makes no sense: 3 bytes are no header"),
        (
            .bytes(Array(FakeTPM.response([1, 2, 3]).dropLast())),
            "makes no sense: it says 15 bytes and has 14"
        ),
        (
            .bytes(FakeTPM.response([UInt8](repeating: 1, count: 65))),
            "makes no sense: it says 77 bytes and has 76"
        ),
        (
            .bytes(FakeTPM.response([])),
            "makes no sense: 0 random bytes where 64 were asked for"
        ),
    ]

    @Test(arguments: nonsense)
    func nonsenseIsRefusedInWordsAndTheTPMIsOpenedAgain(step: FakeTPM.Step, reason: String) throws {
        let tpm = try FakeTPM(step)
        var source = Self.source(tpm)
        let failure = source.failure(ofReading: 64)
        let error = try #require(failure)
        #expect("\(error)".hasPrefix(tpm.path) && "\(error)".hasSuffix(reason))
        #expect(error.losesDevice)
        source.close()
        #expect(try source.read(64) == tpm.given)
        #expect(tpm.commands.map(\.connection) == [1, 2])
    }

    @Test(arguments: nonsense)
    func aRunnerGetsOverNonsense(step: FakeTPM.Step, reason: String) async throws {
        let tpm = try FakeTPM()
        // Its start-up test; before that it would be no more than unavailable.
        tpm.append(Array(repeating: .good, count: 16) + [step])
        let running = try RunningSource(Self.source(tpm))
        let state = try await running.state(\.isDegraded)
        #expect(state.hasSuffix(reason))
        try await running.state(.healthy)
        try await running.expectBlocks(2)
        #expect(running.runner.status().errorCount == 1)
        #expect(tpm.commands.last?.connection == 2)
    }

    @Test func aTPMThatHangsUpIsUnavailableUntilItIsBack() async throws {
        let tpm = try FakeTPM(.good, .hangUp)
        let running = try RunningSource(Self.source(tpm))
        #expect(try await running.state(\.isUnavailable).contains("\(tpm.path) ended"))
        try await running.state(.healthy)
    }

    @Test func aTPMThatIsNotThereIsUnavailable() throws {
        let folder = try TestDirectory()
        var source = TPMSource(path: folder.path("tpmrm0"))
        #expect(
            source.failure(ofReading: 64)
                == .system(attempt: "open", device: folder.path("tpmrm0"), errno: ENOENT))
        #expect(TPMSource().name == "tpm0")
        #expect(TPMSource.defaultPath == "/dev/tpmrm0")
    }

    // MARK: A real one

    private static let program = "/usr/bin/swtpm"

    @Test(.enabled(if: access(program, X_OK) == 0, "swtpm is missing: run ./install-dependencies"))
    func aTPMThatIsAProgramPassesItsTestsAndGivesBlocks() async throws {
        let folder = try TestDirectory()
        let path = folder.path("tpm")
        let tpm = try Child(
            [
                Self.program, "socket", "--tpm2", "--server", "type=unixio,path=\(path)",
                "--tpmstate", "dir=\(folder.root)", "--flags", "not-need-init,startup-clear",
            ], log: folder.path("log"))
        try await poll { access(path, F_OK) == 0 || !tpm.isRunning }
        try #require(tpm.isRunning, "\(tpm.log)")
        let running = try RunningSource(TPMSource(path: path))
        try await running.state(.healthy)
        try await running.expectBlocks(3)
        tpm.signal(SIGKILL)
        _ = await tpm.status()
    }
}
