// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import Crypto
import EntmeshCoreTestSupport
import EntmeshNode
import Glibc
import Testing

@testable import EntmeshSources

/// Several sources that fill one tank.
@Suite(.timeLimit(.minutes(5))) struct SourceSetTests {
    /// A set whose sources are scripted, with the blocks it makes as a stream.
    private final class Rig {
        let set: SourceSet
        private var blocks: AsyncStream<[UInt8]>.Iterator

        init() {
            let (stream, continuation) = AsyncStream.makeStream(of: [UInt8].self)
            set = SourceSet { block, _ in continuation.yield(block.withBytes { Array($0) }) }
            blocks = stream.makeAsyncIterator()
        }

        func member(_ steps: SourceStep..., bits: Double = 4) throws -> Member {
            try Member(set, steps, bits)
        }

        func block() async throws -> [UInt8] {
            try #require(await blocks.next())
        }
    }

    /// One scripted source of a set, and what happens to it as a stream.
    private final class Member {
        let script: SourceScript
        let runner: SourceRunner
        private var events: AsyncStream<SourceEvent>.Iterator

        init(_ set: SourceSet, _ steps: [SourceStep], _ bits: Double) throws {
            let (stream, continuation) = AsyncStream.makeStream(of: SourceEvent.self)
            let script = SourceScript(steps) { continuation.yield($0) }
            self.script = script
            events = stream.makeAsyncIterator()
            runner = try set.add(
                ScriptedSource(script), claim: EntropyClaim(bitsPerByte: bits), limits: .quick,
                stateChanged: { continuation.yield(.state($0)) })
        }

        func await(_ isWanted: (SourceEvent) -> Bool) async throws {
            while let event = await events.next() {
                if isWanted(event) { return }
            }
            Issue.record("the source ended")
        }

        /// Awaits that everything that is kept ready has been asked for, and has come.
        func awaitReadiness() async throws {
            try await self.await { $0 == .state(.healthy) }
            let block = Conditioner.inputByteCount(claim: runner.claim)
            while runner.status().usableByteCount < block {
                try await Task.sleep(for: .milliseconds(1))
            }
        }
    }

    @Test func eachBlockDrawsInEqualPartsOnAllWhoHaveSamples() async throws {
        let rig = Rig()
        let (first, second) = (try rig.member(), try rig.member())
        try await first.awaitReadiness()
        try await second.awaitReadiness()
        rig.set.allow(upTo: 64)
        let block = try await rig.block()
        let halves = first.script.given[1024..<1096] + second.script.given[1024..<1096]
        #expect(block == Array(SHA512.hash(data: halves)))
        #expect(rig.set.leastInputBits == 576)
    }

    @Test func whoClaimsLessGivesMoreBytesForTheSamePart() async throws {
        let rig = Rig()
        let (strong, weak) = (try rig.member(bits: 8), try rig.member(bits: 1))
        try await strong.awaitReadiness()
        try await weak.awaitReadiness()
        rig.set.allow(upTo: 64)
        let block = try await rig.block()
        let parts = strong.script.given[1024..<1060] + weak.script.given[1024..<1312]
        #expect(block == Array(SHA512.hash(data: parts)))
    }

    @Test func whoHasLittleGivesThatAndHoldsNobodyUp() async throws {
        var pipe: [Int32] = [0, 0]
        try #require(Glibc.pipe(&pipe) == 0)
        let rig = Rig()
        // 266 samples and then nothing: 10 of them may be used.
        let slow = try rig.member(.noise(), .noise(), .noise(atMost: 266), .block(on: pipe[0]))
        let quick = try rig.member()
        try await quick.awaitReadiness()
        try await slow.await { $0 == .read(400 - 266) }
        rig.set.allow(upTo: 3 * 64)
        let block = try await rig.block()
        let parts = slow.script.given[1024..<1034] + quick.script.given[1024..<1158]
        #expect(block == Array(SHA512.hash(data: parts)))
        for _ in 0..<2 { _ = try await rig.block() }
        close(pipe[1])
        try await slow.await { $0 == .state(.healthy) || $0 == .ended || $0 != .closed }
        close(pipe[0])
    }

    @Test func aSourceThatFailsTakesNothingOfTheOthersWithIt() async throws {
        let rig = Rig()
        let good = try rig.member()
        try await good.awaitReadiness()
        let before = good.runner.status().raw
        let bad = try rig.member(.noise(), .noise(), .noise(), .stuck)
        try await bad.awaitReadiness()
        rig.set.allow(upTo: 64)
        _ = try await rig.block()
        try await bad.await { if case .state(.failed) = $0 { true } else { false } }
        #expect(good.runner.status().raw.dropped == before.dropped)
        // The next block is of the good one alone.
        rig.set.allow(upTo: 128)
        let block = try await rig.block()
        #expect(block == Array(SHA512.hash(data: good.script.given[1096..<1240])))
        #expect(good.runner.status().state == .healthy)
    }

    @Test func whoLeavesTakesOnlyItsOwnSamplesWithIt() async throws {
        let rig = Rig()
        let stays = try rig.member()
        try await stays.awaitReadiness()
        do {
            let leaves = try rig.member()
            try await leaves.awaitReadiness()
        }
        rig.set.allow(upTo: 64)
        let block = try await rig.block()
        #expect(block == Array(SHA512.hash(data: stays.script.given[1024..<1168])))
    }

    @Test func whoIsStoppedGivesNothingMoreAlthoughItHangs() async throws {
        var pipe: [Int32] = [0, 0]
        try #require(Glibc.pipe(&pipe) == 0)
        let rig = Rig()
        let hangs = try rig.member(.noise(), .noise(), .noise(), .block(on: pipe[0]))
        try await hangs.awaitReadiness()
        let stays = try rig.member()
        try await stays.awaitReadiness()
        rig.set.allow(upTo: 64)
        _ = try await rig.block()
        try await hangs.await { if case .read(let count) = $0 { count < 400 } else { false } }
        hangs.runner.stop()
        rig.set.allow(upTo: 128)
        let block = try await rig.block()
        #expect(block == Array(SHA512.hash(data: stays.script.given[1096..<1240])))
        close(pipe[1])
        try await hangs.await { $0 == .ended }
        close(pipe[0])
        #expect(hangs.runner.status().raw.balances)
    }

    @Test func whoJoinsAfterTheEndEndsAtOnce() async throws {
        let rig = Rig()
        rig.set.stop()
        let late = try rig.member()
        try await late.await { $0 == .ended }
        #expect(late.script.given.isEmpty)
    }

    @Test func aBlockSaysHowOftenEverythingHadStartedOverWhenItWasMade() async throws {
        let (stream, continuation) = AsyncStream.makeStream(of: UInt64.self)
        let set = SourceSet { _, startOvers in continuation.yield(startOvers) }
        let script = SourceScript([]) { _ in }
        let runner = try set.add(ScriptedSource(script), claim: EntropyClaim(bitsPerByte: 4))
        var counts = stream.makeAsyncIterator()
        for expected in 0..<3 as Range<UInt64> {
            set.allow(upTo: 64 * (expected + 1))
            #expect(await counts.next() == expected)
            set.startOver()
        }
        withExtendedLifetime(runner) {}
    }

    @Test func noBlockIsMadeOfLessThanItsClaim() async throws {
        var noise = SplitMix(seed: 9)
        for _ in 0..<10 {
            let rig = Rig()
            let claims = [0.7, 1, 2.3, 4, 5.9, 8].filter { _ in noise.chance(0.6) } + [3.1]
            let members = try claims.map { try rig.member(bits: $0) }
            rig.set.allow(upTo: 50 * 64)
            for _ in 0..<50 { _ = try await rig.block() }
            rig.set.stop()
            for member in members { try await member.await { $0 == .ended } }
            let claimed = members.reduce(0.0) {
                $0 + Double($1.runner.status().raw.conditioned) * $1.runner.claim.bitsPerByte
            }
            #expect(claimed >= 50 * 576)
            #expect(try #require(rig.set.leastInputBits) >= 576)
            #expect(members.allSatisfy { $0.runner.status().raw.balances })
            #expect(rig.set.madeByteCount == 50 * 64)
        }
    }

    @Test func otherSourcesServeWhileOneHangs() async throws {
        var pipe: [Int32] = [0, 0]
        try #require(Glibc.pipe(&pipe) == 0)
        let rig = Rig()
        let hanging = try rig.member(.block(on: pipe[0]))
        try await hanging.await { $0 == .read(512) }
        let serving = try rig.member()
        rig.set.allow(upTo: 640)
        for _ in 0..<10 { _ = try await rig.block() }
        #expect(serving.runner.status().state == .healthy)
        close(pipe[1])
        try await hanging.await { $0 == .state(.healthy) }
        close(pipe[0])
    }

    @Test func whatIsAllowedIsACountFromTheStart() async throws {
        let rig = Rig()
        let member = try rig.member()
        // Twice the same is once; in between nobody counts what is on its way.
        for _ in 0..<100 { rig.set.allow(upTo: 5 * 64) }
        for _ in 0..<5 { _ = try await rig.block() }
        for _ in 0..<100 { rig.set.allow(upTo: 5 * 64 + 63) }
        rig.set.stop()
        try await member.await { $0 == .ended }
        #expect(rig.set.madeByteCount == 5 * 64)
    }
}
