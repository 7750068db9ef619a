// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import Crypto
import EntmeshNode
import Glibc
import Testing

@testable import EntmeshSources

/// At a claim of 4 bits a block takes 144 samples, and 256 are held back behind them.
@Suite(.timeLimit(.minutes(5))) struct SourceRunnerTests {
    private static let run11 = Alarm(test: .repetitionCount, level: .intermittent, cutoff: 11)

    // MARK: Giving

    @Test func itStartsUpOnItsOwnReadsAheadAndRests() async throws {
        let rig = try SourceRig()
        try await rig.awaitReadiness()
        #expect(rig.seen == [.read(512), .read(512), .state(.healthy), .read(400)])
        rig.runner.stop()
        try await rig.await(.ended)
        let status = rig.runner.status()
        #expect(status.raw.read == 1424)
        #expect(status.raw.dropped == 1424)
        #expect(status.raw.conditioned == 0)
        #expect(status.name == "scripted")
        #expect(status.kind == .hardwareGenerator)
        #expect(status.claimedBitsPerByte == 4)
    }

    @Test func itGivesWhatIsAllowedAndNoMore() async throws {
        let rig = try SourceRig()
        try await rig.awaitReadiness()
        rig.allow(blocks: 1)
        let first = try await rig.awaitBlock()
        try await rig.await(.read(144))
        rig.allow(blocks: 3)
        _ = try await rig.awaitBlock()
        let third = try await rig.awaitBlock()
        rig.runner.stop()
        try await rig.await(.ended)

        // Oldest first, and nothing left out between the blocks.
        let raw = rig.script.given
        #expect(first == Array(SHA512.hash(data: raw[1024..<1168])))
        #expect(third == Array(SHA512.hash(data: raw[1312..<1456])))
        let status = rig.runner.status()
        #expect(status.raw.conditioned == 3 * 144)
        #expect(status.raw.balances)
        #expect(status.conditionedByteCount == 192)
        #expect(rig.set.madeByteCount == 192)
        #expect(status.bytesPerSecond > 0)
    }

    @Test func whatIsAllowedCanBeTakenBack() async throws {
        let rig = try SourceRig()
        rig.set.allow(upTo: .max)
        _ = try await rig.awaitBlock()
        rig.allow(blocks: 0)
        rig.runner.stop()
        try await rig.await(.ended)
        #expect(rig.runner.status().raw.balances)
        #expect(rig.set.madeByteCount % 64 == 0)
    }

    @Test func shortReadsAreEnough() async throws {
        let rig = try SourceRig(bitsPerByte: 8)
        try await rig.await(.read(256 + 72))
        rig.script.append(.noise(atMost: 1), .noise(atMost: 3), .noise(atMost: 60))
        rig.allow(blocks: 1)
        let block = try await rig.awaitBlock()
        #expect(block == Array(SHA512.hash(data: rig.script.given[1024..<1024 + 72])))
        for count in [72, 71, 68, 8] { try await rig.await(.read(count)) }
    }

    @Test func theLastSamplesAreHeldBack() async throws {
        var limits = SourceLimits.quick
        limits.firstBackOff = .seconds(60 * 60)
        let rig = try SourceRig(
            .noise(), .noise(), .noise(), .fail(.ended(device: "/dev/x")), limits: limits)
        try await rig.awaitReadiness()
        rig.allow(blocks: 10)
        _ = try await rig.awaitBlock()
        try await rig.await(.closed)
        rig.runner.stop()
        try await rig.await(.ended)
        // One block's worth was used, though 256 samples more had passed.
        let raw = rig.runner.status().raw
        #expect(raw.conditioned == 144)
        #expect(raw.dropped >= 1024 + 256)
    }

    // MARK: Alarms

    @Test func anIntermittentAlarmDropsWhatWaits() async throws {
        let rig = try SourceRig()
        try await rig.awaitReadiness()
        rig.script.append(.run(of: 12))
        rig.allow(blocks: 1)
        _ = try await rig.awaitBlock()
        try await rig.await(.state(.quarantined("\(Self.run11)")))
        try await rig.awaitReadiness()
        rig.allow(blocks: 2)
        let block = try await rig.awaitBlock()
        rig.runner.stop()
        try await rig.await(.ended)

        // 1024 + 400, 144 with the run, 1024 for the test that follows.
        let raw = rig.script.given
        #expect(block == Array(SHA512.hash(data: raw[2592..<2736])))
        let status = rig.runner.status()
        #expect(status.raw.conditioned == 288)
        #expect(status.raw.balances)
        #expect(status.alarms.repetitionCount == 1)
        #expect(status.lastErrorText == "\(Self.run11)")
    }

    @Test func aStuckSourceFailsAndRests() async throws {
        let rig = try SourceRig()
        try await rig.awaitReadiness()
        rig.script.append(.stuck)
        rig.allow(blocks: 10)
        let reason = try await rig.awaitFailure()
        #expect(reason == "repetition count test: one value 16 times in a row")
        // Neither a demand nor a start-up test brings it back.
        rig.allow(blocks: 100)
        rig.set.startOver()
        rig.runner.stop()
        try await rig.await(.ended)
        #expect(rig.script.given.count == 1024 + 400 + 512)
        #expect(rig.runner.status().raw.conditioned == 144)
        #expect(rig.runner.status().state == .stopped)
    }

    @Test func aSourceThatFailsItsStartUpNeverContributes() async throws {
        let rig = try SourceRig(.stuck)
        rig.allow(blocks: 1)
        let reason = try await rig.awaitFailure()
        #expect(
            reason.hasSuffix("observed 0.0 bits a byte in 512 samples, 4.0 claimed"))
        let status = rig.runner.status()
        #expect(rig.set.madeByteCount == 0)
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
        try await rig.awaitReadiness()
        rig.runner.reset()
        rig.allow(blocks: 1)
        _ = try await rig.awaitBlock()
        try await rig.await(.read(144))
        rig.runner.stop()
        try await rig.await(.ended)
        #expect(rig.script.given.count == 1024 + 400 + 144)
    }

    // MARK: Starting over

    @Test func aStartUpTestRunsOnDemand() async throws {
        let rig = try SourceRig()
        try await rig.awaitReadiness()
        rig.set.startOver()
        // What the device has ready is of the time before too.
        try await rig.await(.closed)
        try await rig.await(.state(.starting))
        try await rig.awaitReadiness()
        #expect(rig.runner.status().raw.dropped == 1024 + 400 + 1024)
    }

    // F12.
    @Test func anInducedFailureAlarmsAfterAResume() async throws {
        let rig = try SourceRig()
        try await rig.awaitReadiness()
        rig.script.append(.noise(), .noise(), .noise(), .stuck)
        rig.set.startOver()
        try await rig.await(.state(.starting))
        try await rig.awaitReadiness()
        rig.allow(blocks: 1)
        _ = try await rig.awaitBlock()
        _ = try await rig.awaitFailure()
    }

    @Test func startingOverDropsWhatIsBeingRead() async throws {
        var pipe: [Int32] = [0, 0]
        try #require(Glibc.pipe(&pipe) == 0)
        let rig = try SourceRig(.noise(), .noise(), .block(on: pipe[0]), blocks: 1)
        try await rig.await(.state(.healthy))
        // What is kept ready, and what the block takes: as much as one read gives.
        try await rig.await(.read(512))
        rig.set.startOver()
        close(pipe[1])
        let block = try await rig.awaitBlock()
        close(pipe[0])
        rig.runner.stop()
        try await rig.await(.ended)
        // 1024, what was being read, 1024 for the test that follows.
        let raw = rig.script.given
        #expect(block == Array(SHA512.hash(data: raw[(1024 + 512 + 1024)...].prefix(144))))
        #expect(rig.runner.status().raw.conditioned == 144)
        #expect(rig.runner.status().raw.balances)
    }

    // MARK: Devices

    @Test(arguments: [ENODEV, EIO, EPERM])
    func aLostDeviceIsOpenedAgainAndStartsUpAgain(errno: Int32) async throws {
        let error = NoiseSourceError.system(attempt: "read", device: "/dev/x", errno: errno)
        let rig = try SourceRig(.noise(), .noise(), .fail(error), .fail(error), .stuck)
        try await rig.await(.state(.healthy))
        try await rig.await(.closed)
        try await rig.await(.state(.unavailable("\(error)")))
        try await rig.await(.closed)
        // The tests are on after the device came back.
        _ = try await rig.awaitFailure()
        let status = rig.runner.status()
        #expect(status.errorCount == 2)
        #expect(rig.set.madeByteCount == 0)
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
        #expect(rig.runner.status().raw.dropped == 1024)
        #expect(!rig.seen.contains(.closed))
    }

    @Test func aDeviceThatIsBusyOrMakesNoSenseIsDegradedUntilItAnswers() async throws {
        let busy = NoiseSourceError.busy(device: "/dev/x", reason: "later")
        let odd = NoiseSourceError.malformed(device: "/dev/x", reason: "no header")
        let rig = try SourceRig(.noise(), .noise(), .fail(busy), .fail(odd))
        try await rig.await(.state(.degraded("\(busy)")))
        #expect(!rig.seen.contains(.closed))
        try await rig.await(.closed)
        try await rig.await(.state(.degraded("\(odd)")))
        try await rig.await(.state(.healthy))
    }

    @Test func whatABusyDeviceGaveBeforeIsUsed() async throws {
        var limits = SourceLimits()
        limits.firstBackOff = .seconds(60 * 60)
        let busy = NoiseSourceError.busy(device: "/dev/x", reason: "later")
        let rig = try SourceRig(.noise(), .noise(), .fail(busy), limits: limits)
        try await rig.await(.state(.degraded("\(busy)")))
        #expect(rig.runner.status().gives)
    }

    @Test func aDeviceThatNeverAnsweredIsUnavailableAndGivesNothing() async throws {
        let refused = NoiseSourceError.refused(device: "/dev/x", reason: "failure mode")
        var limits = SourceLimits()
        limits.firstBackOff = .seconds(60 * 60)
        let rig = try SourceRig(.fail(refused), limits: limits)
        try await rig.await(.state(.unavailable("/dev/x refuses: failure mode")))
        #expect(!rig.runner.status().gives)
    }

    @Test func aDeviceThatThisMachineCannotHaveIsSaidToBeThat() async throws {
        let error = NoiseSourceError.unsupported(reason: "this processor has no RDSEED")
        let rig = try SourceRig(.fail(error))
        try await rig.await(.state(.unsupported("this processor has no RDSEED")))
    }

    @Test func aReadThatTakesLongIsShown() async throws {
        var limits = SourceLimits.quick
        limits.slowSpan = TimeSpan(nanoseconds: 0)
        let rig = try SourceRig(limits: limits)
        try await rig.await {
            $0 == .state(.degraded("slow: more than 1 s for one read"))
        }
        // It gives all the same.
        rig.allow(blocks: 1)
        _ = try await rig.awaitBlock()
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

    // MARK: Stopping

    @Test func stoppingDoesNotWaitForAHangingRead() async throws {
        var pipe: [Int32] = [0, 0]
        try #require(Glibc.pipe(&pipe) == 0)
        let before = Moment.monotonic
        let rig = try SourceRig(.block(on: pipe[0]))
        try await rig.await(.read(512))
        #expect(rig.runner.status(now: before).state == .starting)
        #expect(rig.runner.status(now: .monotonic + .seconds(6)).state == .stalled)
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
        try await rig.awaitReadiness()
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
        let set = SourceSet { _, _ in }
        do {
            _ = try set.add(ScriptedSource(script), claim: EntropyClaim(bitsPerByte: 4))
        }
        for await event in stream where event == .ended { break }
        withExtendedLifetime(set) {}
    }

    @Test func aFailureToStartIsSaidInWords() {
        let failure = SourceRunner.Failure.noThread(source: "hwrng", errno: EAGAIN)
        #expect("\(failure)".contains("TasksMax="))
    }
}
