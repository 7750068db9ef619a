// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshThreads
import Testing

@testable import EntmeshSources

/// F7: an instruction that has nothing, or is broken, or is not there.
@Suite(.timeLimit(.minutes(5))) struct RDSEEDSourceTests {
    /// What the instruction answers, in order, and nothing for ever after; nil is nothing.
    private final class Processor: Sendable {
        private let words: Monitor<[UInt64?]>
        private let count = Monitor(0)

        init(_ words: [UInt64?]) { self.words = Monitor(words) }

        /// How often it was asked.
        var drawCount: Int { count.withLock { $0 } }

        func draw() -> UInt64? {
            count.withLock { $0 += 1 }
            return words.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        }

        func source(isSupported: Bool = true) -> RDSEEDSource {
            RDSEEDSource(name: "rdseed", isSupported: isSupported, draw: { self.draw() })
        }
    }

    private static func bytes(of words: UInt64...) -> [UInt8] {
        words.flatMap { word in withUnsafeBytes(of: word) { Array($0) } }
    }

    private static let nothing = NoiseSourceError.busy(
        device: "RDSEED", reason: "it had nothing 1000 times in a row")

    @Test func itAsksAgainWhileTheInstructionHasNothing() throws {
        let processor = Processor([nil, nil, nil, 0x1122, nil, 0x3344])
        var source = processor.source()
        #expect(try source.read(16) == Self.bytes(of: 0x1122, 0x3344))
        #expect(processor.drawCount == 6)
    }

    @Test func allZerosAndAllOnesNeverComeOut() throws {
        let processor = Processor([0, .max, 0x55, .max, 0, 0, 0x66])
        var source = processor.source()
        #expect(try source.read(16) == Self.bytes(of: 0x55, 0x66))
    }

    @Test(arguments: [nil, 0, UInt64.max])
    func itGivesUpAfterAThousandAttempts(answer: UInt64?) {
        let processor = Processor(Array(repeating: answer, count: 5000))
        var source = processor.source()
        #expect(source.failure(ofReading: 64) == Self.nothing)
        #expect(processor.drawCount == 1000)
        #expect(!Self.nothing.losesDevice)
        #expect("\(Self.nothing)" == "RDSEED is busy: it had nothing 1000 times in a row")
    }

    @Test func whatCameBeforeItGaveUpIsNotLost() throws {
        let processor = Processor([0x77, 0x88])
        var source = processor.source()
        #expect(try source.read(64) == Self.bytes(of: 0x77, 0x88))
        #expect(source.failure(ofReading: 64) == Self.nothing)
    }

    @Test func aProcessorWithoutItIsNeverAskedAndSaysSo() async throws {
        let processor = Processor([0x99])
        var source = processor.source(isSupported: false)
        #expect(
            source.failure(ofReading: 8)
                == .unsupported(reason: "this processor has no RDSEED"))
        #expect(processor.drawCount == 0)
        let running = try RunningSource(processor.source(isSupported: false))
        try await running.state(.unsupported("this processor has no RDSEED"))
        #expect(running.runner.status().raw.read == 0)
        #expect(processor.drawCount == 0)
    }

    @Test func anyNumberOfBytesCanBeAskedFor() throws {
        let words = (1...5).map { UInt64($0) &* 0x0123_4567_89AB_CDEF }
        let all = words.flatMap { word in withUnsafeBytes(of: word) { Array($0) } }
        for count in 1...40 {
            let processor = Processor(words)
            var source = processor.source()
            #expect(try source.read(count) == Array(all[..<count]))
            #expect(processor.drawCount == (count + 7) / 8)
        }
    }

    @Test func nothingIsWrittenBeyondTheBuffer() throws {
        var source = Processor([.max - 1, .max - 1]).source()
        var memory = [UInt8](repeating: 0, count: 24)
        let count = try memory.withUnsafeMutableBytes { bytes in
            try source.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[4..<15]))
        }
        #expect(count == 11)
        #expect(memory[..<4].allSatisfy { $0 == 0 } && memory[15...].allSatisfy { $0 == 0 })
        #expect(memory[4..<15].allSatisfy { $0 != 0 })
    }

    @Test func itIsKnownByItsNameAndKind() {
        let source = RDSEEDSource()
        #expect(source.name == "rdseed")
        #expect(source.kind == .rdseed)
        #expect(source.kind.defaultClaim.bitsPerByte == 4)
    }

    @Test(.enabled(if: RDSEEDSource.isSupported, "this processor has no RDSEED"))
    func thisProcessorsPassesItsTestsAndGivesBlocks() async throws {
        let running = try RunningSource(RDSEEDSource())
        try await running.state(.healthy)
        try await running.expectBlocks(10)
        #expect(running.runner.status().alarms.total == 0)
    }
}
