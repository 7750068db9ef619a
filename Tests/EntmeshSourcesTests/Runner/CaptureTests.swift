// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshNode
import Glibc
import Testing

@testable import EntmeshSources

/// Raw samples for an operator.
@Suite(.timeLimit(.minutes(5))) struct CaptureTests {
    @Test func itGivesWhatTheDeviceGaveAndNothingOfItIsUsed() async throws {
        let rig = try SourceRig()
        try await rig.awaitReadiness()
        let captured = try await rig.runner.capture(count: 1300)
        #expect(captured == Array(rig.script.given[1424..<2724]))
        rig.allow(blocks: 3)
        var blocks: [[UInt8]] = []
        for _ in 0..<3 { blocks.append(try await rig.awaitBlock()) }
        rig.runner.stop()
        try await rig.await(.ended)
        let raw = rig.runner.status().raw
        #expect(raw.captured == 1300)
        #expect(raw.conditioned == 3 * 144)
        #expect(raw.balances)
    }

    @Test func aSourceThatHasFailedCanBeLookedAt() async throws {
        let rig = try SourceRig(.stuck, .stuck)
        _ = try await rig.awaitFailure()
        let captured = try await rig.runner.capture(count: 100)
        #expect(captured == [UInt8](repeating: 0xAA, count: 100))
        #expect(rig.runner.status().raw.captured == 100)
    }

    @Test func aDeviceThatFailsIsTheAnswer() async throws {
        let error = NoiseSourceError.ended(device: "/dev/x")
        let rig = try SourceRig()
        try await rig.awaitReadiness()
        rig.script.append(.noise(atMost: 10), .fail(error))
        await #expect(throws: CaptureFailure.device(error)) {
            try await rig.runner.capture(count: 100)
        }
        // And it works again.
        #expect(try await rig.runner.capture(count: 100).count == 100)
    }

    /// A capture of a source that hangs in a read, and the end that `pipe` holds back.
    private static func hanging(
        _ pipe: inout [Int32]
    ) async throws -> (SourceRig, Task<[UInt8], any Error>) {
        try #require(Glibc.pipe(&pipe) == 0)
        let rig = try SourceRig()
        try await rig.awaitReadiness()
        rig.script.append(.block(on: pipe[0]))
        let runner = rig.runner
        let capture = Task { try await runner.capture(count: 10) }
        try await rig.await(.read(10))
        return (rig, capture)
    }

    private static func failure(_ capture: Task<[UInt8], any Error>) async -> CaptureFailure? {
        guard case .failure(let error) = await capture.result else { return nil }
        return error as? CaptureFailure
    }

    // F6: nobody waits for a device that never answers.
    @Test func aStopAnswersAlthoughTheDeviceHangs() async throws {
        var pipe: [Int32] = [0, 0]
        let (rig, capture) = try await Self.hanging(&pipe)
        rig.runner.stop()
        #expect(await Self.failure(capture) == .stopped)
        close(pipe[1])
        try await rig.await(.ended)
        close(pipe[0])
        #expect(rig.runner.status().raw.balances)
        await #expect(throws: CaptureFailure.stopped) { try await rig.runner.capture(count: 10) }
    }

    @Test func whoGivesUpIsAnsweredAlthoughTheDeviceHangs() async throws {
        var pipe: [Int32] = [0, 0]
        let (rig, capture) = try await Self.hanging(&pipe)
        capture.cancel()
        #expect(await Self.failure(capture) == .stopped)
        close(pipe[1])
        // What comes now is nobody's, and the source goes on.
        rig.allow(blocks: 1)
        _ = try await rig.awaitBlock()
        close(pipe[0])
        #expect(rig.runner.status().raw.balances)
    }

    @Test func aSecondCaptureTakesThePlaceOfTheFirst() async throws {
        var pipe: [Int32] = [0, 0]
        let (rig, first) = try await Self.hanging(&pipe)
        let runner = rig.runner
        let second = Task { try await runner.capture(count: 20) }
        #expect(await Self.failure(first) == .replaced)
        close(pipe[1])
        #expect(try await second.value.count == 20)
        close(pipe[0])
        #expect(rig.runner.status().raw.balances)
    }

    @Test func failuresAreSaidInWords() {
        #expect("\(CaptureFailure.stopped)" == "the source was stopped")
        #expect("\(CaptureFailure.replaced)" == "another capture took its place")
        #expect("\(CaptureFailure.device(.ended(device: "/dev/x")))".contains("plugged in"))
    }
}
