// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import Crypto
import EntmeshNode
import Glibc
import Testing

@testable import EntmeshSources

@Suite(.timeLimit(.minutes(1))) struct SourceRunnerTests {
    private static let run12Alarm = Alarm(
        test: .repetitionCount, level: .intermittent, cutoff: 11)

    @Test func itStartsUpOnItsOwnAndThenRests() async throws {
        let rig = try SourceRig()
        try await rig.await(.state(.healthy))
        let status = rig.runner.status()
        #expect(rig.seen == [.read(512), .read(512), .state(.healthy)])
        #expect(status.raw.read == 1024)
        #expect(status.raw.dropped == 1024)
        #expect(status.deliveredByteCount == 0)
        #expect(status.state == .healthy)
        #expect(status.name == "scripted")
        #expect(status.kind == .hardwareGenerator)
        #expect(status.claimedBitsPerByte == 4)
    }

    @Test func itGivesWhatIsWantedAndNoMore() async throws {
        let rig = try SourceRig()
        try await rig.await(.state(.healthy))
        rig.runner.demand(byteCount: 1)
        let first = try await rig.awaitBlock()
        rig.runner.demand(byteCount: 128)
        _ = try await rig.awaitBlock()
        let third = try await rig.awaitBlock()

        // No read between the blocks but those they are made of.
        let raw = rig.script.given
        #expect(raw.count == 1456)  // 1024 + 3 * 144
        #expect(first == Array(SHA512.hash(data: raw[1024..<1168])))
        #expect(third == Array(SHA512.hash(data: raw[1312...])))
        let status = rig.runner.status()
        #expect(status.raw.conditioned == 3 * 144)
        #expect(status.raw.balances)
        #expect(status.demandedByteCount == 0)
        #expect(status.deliveredByteCount == 192)
        #expect(status.bytesPerSecond > 0)
    }

    @Test func demandCanBeTakenBack() async throws {
        let rig = try SourceRig()
        rig.runner.demand(byteCount: .max)
        _ = try await rig.awaitBlock()
        rig.runner.demand(byteCount: 0)
        rig.runner.demand(byteCount: -5)
        #expect(rig.runner.status().demandedByteCount == 0)
        rig.runner.stop()
        try await rig.await(.ended)
        #expect(rig.runner.status().raw.balances)
    }

    @Test func shortReadsAreEnough() async throws {
        let rig = try SourceRig(bitsPerByte: 8)
        try await rig.await(.state(.healthy))
        rig.script.append(.noise(atMost: 1), .noise(atMost: 3), .noise(atMost: 60))
        rig.runner.demand(byteCount: 64)
        let block = try await rig.awaitBlock()
        #expect(block == Array(SHA512.hash(data: rig.script.given[1024...])))
        #expect(rig.script.given.count == 1024 + 72)
        let reads: [SourceEvent] = [.read(72), .read(71), .read(68), .read(8)]
        #expect(Array(rig.seen.suffix(5).dropLast()) == reads)
    }

    @Test func anIntermittentAlarmDropsTheHalfBuiltInput() async throws {
        let rig = try SourceRig()
        try await rig.await(.state(.healthy))
        rig.script.append(.noise(atMost: 100), .run(of: 12))
        rig.runner.demand(byteCount: 64)
        try await rig.await(.state(.quarantined("\(Self.run12Alarm)")))
        try await rig.await(.state(.healthy))
        let block = try await rig.awaitBlock()

        let raw = rig.script.given
        #expect(raw.count == 2336)  // 1024 + 100 + 44, then 1024 + 144
        #expect(block == Array(SHA512.hash(data: raw.suffix(144))))
        let status = rig.runner.status()
        #expect(status.raw.dropped == 2192)
        #expect(status.raw.balances)
        #expect(status.alarms.repetitionCount == 1)
        #expect(status.lastErrorText == "\(Self.run12Alarm)")
    }

    @Test func aStuckSourceFailsAndRests() async throws {
        let rig = try SourceRig()
        try await rig.await(.state(.healthy))
        rig.script.append(.stuck)
        rig.runner.demand(byteCount: 640)
        let reason = try await rig.awaitFailure()
        #expect(reason == "repetition count test: one value 16 times in a row")
        // Neither demand nor a start-up test brings it back.
        rig.runner.demand(byteCount: 6400)
        rig.runner.startOver()
        rig.runner.stop()
        try await rig.await(.ended)
        #expect(rig.script.given.count == 1024 + 512)
        #expect(rig.runner.status().raw.dropped == 1024 + 512)
        #expect(rig.runner.status().state == .stopped)
    }

    @Test func aSourceThatFailsItsStartUpNeverContributes() async throws {
        let rig = try SourceRig(.stuck)
        rig.runner.demand(byteCount: 64)
        _ = try await rig.awaitFailure()
        let status = rig.runner.status()
        #expect(status.deliveredByteCount == 0)
        #expect(status.raw.dropped == 512)
    }

    @Test func theThirdAlarmIsAFailure() async throws {
        let rig = try SourceRig(.run(of: 12), .run(of: 12), .run(of: 12))
        let reason = try await rig.awaitFailure()
        #expect(reason.hasPrefix("3 alarms within 24 hours"))
        #expect(rig.runner.status().alarms.repetitionCount == 3)
    }

    @Test func anOperatorsResetBeginsAnewAndTheTestsStillAlarm() async throws {
        let rig = try SourceRig(.stuck, .noise(), .noise(), .stuck, .noise(), .noise(), .stuck)
        rig.runner.demand(byteCount: 64)
        for _ in 0..<2 {
            _ = try await rig.awaitFailure()
            rig.runner.reset()
            try await rig.await(.state(.starting))
            try await rig.await(.state(.healthy))
        }
        _ = try await rig.awaitFailure()
        #expect(rig.runner.status().alarms.repetitionCount == 6)
    }

    @Test func resetLeavesAHealthySourceAlone() async throws {
        let rig = try SourceRig()
        try await rig.await(.state(.healthy))
        rig.runner.reset()
        rig.runner.demand(byteCount: 64)
        _ = try await rig.awaitBlock()
        #expect(rig.script.given.count == 1024 + 144)
    }

    @Test func aStartUpTestRunsOnDemand() async throws {
        let rig = try SourceRig()
        try await rig.await(.state(.healthy))
        rig.runner.startOver()
        try await rig.await(.state(.starting))
        try await rig.await(.state(.healthy))
        #expect(rig.runner.status().raw.dropped == 2048)
    }

    @Test func startingOverDropsTheBlockThatIsBeingMade() async throws {
        var pipe: [Int32] = [0, 0]
        try #require(Glibc.pipe(&pipe) == 0)
        let rig = try SourceRig()
        try await rig.await(.state(.healthy))
        // 144 samples make a block: 100 are taken in when it is told, the last 44 come after that.
        rig.script.append(.noise(atMost: 100), .block(on: pipe[0]))
        rig.runner.demand(byteCount: 64)
        try await rig.await(.read(44))
        rig.runner.startOver()
        close(pipe[1])
        let block = try await rig.awaitBlock()
        close(pipe[0])
        #expect(block.count == 64)
        let status = rig.runner.status()
        #expect(status.deliveredByteCount == 64)
        let dropped: UInt64 = 1024 + 144 + 1024
        #expect(status.raw.dropped == dropped)
        #expect(status.raw.balances)
        #expect(rig.script.given.count == Int(dropped) + 144)
    }

    @Test(arguments: [ENODEV, EIO, EPERM])
    func aLostDeviceIsOpenedAgainAndStartsUpAgain(errno: Int32) async throws {
        let error = NoiseSourceError.system(attempt: "read", device: "/dev/x", errno: errno)
        let rig = try SourceRig()
        try await rig.await(.state(.healthy))
        rig.script.append(.fail(error), .fail(error), .stuck)
        rig.runner.demand(byteCount: 64)
        try await rig.await(.closed)
        try await rig.await(.state(.unavailable("\(error)")))
        try await rig.await(.closed)
        // The tests are on after the device came back.
        _ = try await rig.awaitFailure()
        let status = rig.runner.status()
        #expect(status.errorCount == 2)
        #expect(status.deliveredByteCount == 0)
    }

    @Test func anUnpluggedDeviceComesBack() async throws {
        let rig = try SourceRig(.fail(.ended(device: "/dev/x")))
        try await rig.await(.state(.starting))
        try await rig.await(.state(.healthy))
        #expect(rig.runner.status().lastErrorText == "\(NoiseSourceError.ended(device: "/dev/x"))")
    }

    @Test func aSlowDeviceKeepsItsPlaceInTheStartUp() async throws {
        let slow = NoiseSourceError.timedOut(device: "/dev/x", seconds: 5)
        let again = NoiseSourceError.system(attempt: "read", device: "/dev/x", errno: EAGAIN)
        let rig = try SourceRig(.noise(), .fail(slow), .fail(again))
        try await rig.await(.state(.stalled))
        try await rig.await(.state(.unavailable("\(again)")))
        try await rig.await(.state(.healthy))
        #expect(rig.script.given.count == 1024)
        #expect(!rig.seen.contains(.closed))
    }

    @Test(arguments: [0, -1, Int.min])
    func aSourceThatReturnsNothingIsUnavailable(count: Int) async throws {
        let rig = try SourceRig(.claim(byteCount: count))
        let ended = NoiseSourceError.ended(device: "scripted")
        try await rig.await(.state(.unavailable("\(ended)")))
        try await rig.await(.state(.healthy))
    }

    @Test func aSourceThatReturnsTooMuchIsCutToItsBuffer() async throws {
        let rig = try SourceRig(.claim(byteCount: .max))
        // The buffer is zero: a stuck source.
        _ = try await rig.awaitFailure()
        #expect(rig.runner.status().raw.read == 512)
    }

    @Test func stoppingDoesNotWaitForAHangingRead() async throws {
        var pipe: [Int32] = [0, 0]
        try #require(Glibc.pipe(&pipe) == 0)
        let rig = try SourceRig(.block(on: pipe[0]))
        try await rig.await(.read(512))
        let soon = Moment.monotonic
        #expect(rig.runner.status(now: soon).state == .starting)
        #expect(rig.runner.status(now: soon + .seconds(6)).state == .stalled)
        rig.runner.stop()
        #expect(rig.runner.status().state == .stopped)

        // Only now does the read return; what it read is dropped.
        close(pipe[1])
        try await rig.await(.ended)
        close(pipe[0])
        #expect(rig.runner.status().raw.dropped == 512)
        #expect(rig.runner.status().raw.balances)
    }

    @Test func stoppingEndsARest() async throws {
        let rig = try SourceRig()
        try await rig.await(.state(.healthy))
        rig.runner.stop()
        try await rig.await(.closed)
        try await rig.await(.ended)
    }

    @Test func stoppingEndsABackOffOfAMinute() async throws {
        var limits = SourceLimits()
        limits.firstBackOff = .seconds(60 * 60)
        let rig = try SourceRig(.fail(.notADevice(path: "/etc/motd")), limits: limits)
        try await rig.await { if case .state(.unavailable) = $0 { true } else { false } }
        rig.runner.stop()
        try await rig.await(.ended)
    }

    @Test func aRunnerThatIsForgottenStops() async throws {
        let (stream, continuation) = AsyncStream.makeStream(of: SourceEvent.self)
        let script = SourceScript([]) { continuation.yield($0) }
        do {
            _ = try SourceRunner(
                ScriptedSource(script), claim: EntropyClaim(bitsPerByte: 4), deliver: { _ in })
        }
        for await event in stream where event == .ended { break }
    }

    @Test func otherSourcesServeWhileOneHangs() async throws {
        var pipe: [Int32] = [0, 0]
        try #require(Glibc.pipe(&pipe) == 0)
        let hanging = try SourceRig(.block(on: pipe[0]))
        let serving = try SourceRig()
        try await hanging.await(.read(512))
        serving.runner.demand(byteCount: 64)
        _ = try await serving.awaitBlock()
        close(pipe[1])
        try await hanging.await(.state(.healthy))
        close(pipe[0])
    }

    @Test func aFailureToStartIsSaidInWords() {
        let failure = SourceRunner.Failure.noThread(source: "hwrng", errno: EAGAIN)
        #expect("\(failure)".contains("TasksMax="))
    }
}
