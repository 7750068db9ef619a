// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshNode
import Glibc
import Testing

@testable import EntmeshSources

/// Raw samples for an operator.
@Suite(.timeLimit(.minutes(1))) struct CaptureTests {
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

    @Test func oneAtATimeAndNoneAfterTheEnd() async throws {
        var pipe: [Int32] = [0, 0]
        try #require(Glibc.pipe(&pipe) == 0)
        let rig = try SourceRig()
        try await rig.awaitReadiness()
        rig.script.append(.block(on: pipe[0]))
        let runner = rig.runner
        let first = Task { () async throws(CaptureFailure) in try await runner.capture(count: 10) }
        try await rig.await(.read(10))
        await #expect(throws: CaptureFailure.busy) { try await runner.capture(count: 10) }
        runner.stop()
        close(pipe[1])
        // It was whole when the source ended, or it was not.
        switch await first.result {
        case .success(let samples): #expect(samples.count == 10)
        case .failure(let error): #expect(error as? CaptureFailure == .stopped)
        }
        close(pipe[0])
        try await rig.await(.ended)
        await #expect(throws: CaptureFailure.busy) { try await rig.runner.capture(count: 10) }
        #expect("\(CaptureFailure.stopped)" == "the source was stopped")
        #expect("\(CaptureFailure.busy)".contains("under way"))
        #expect(
            "\(CaptureFailure.device(.ended(device: "/dev/x")))".contains("plugged in"))
    }
}
