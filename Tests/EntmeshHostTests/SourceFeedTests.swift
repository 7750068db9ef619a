// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConfig
import EntmeshControl
import EntmeshNode
import EntmeshTestSupport
import Foundation
import Logging
import Synchronization
import Testing

@testable import EntmeshHost
@testable import EntmeshSources

/// The sources of the daemon: found or named, reloaded, looked after by an operator.
@Suite(.timeLimit(.minutes(2)))
struct SourceFeedTests {
    /// A pipe that never runs dry, as a noise source.
    private final class Noise: Sendable {
        let path: String
        private let isOver = Mutex(false)

        init(_ path: String) throws {
            self.path = path
            try #require(mkfifo(path, 0o600) == 0)
            let descriptor = open(path, O_RDWR | O_NONBLOCK)
            Thread.detachNewThread { [self] in
                var generator = SystemRandomNumberGenerator()
                while !isOver.withLock({ $0 }) {
                    let word: UInt64 = generator.next()
                    let count = withUnsafeBytes(of: word) { write(descriptor, $0.baseAddress, 8) }
                    if count < 0 { usleep(200) }
                }
                close(descriptor)
            }
        }

        func end() { isOver.withLock { $0 = true } }

        var settings: SourceSettings { SourceSettings(kind: .characterDevice, path: path) }
    }

    private static func named(_ sources: SourceSettings...) -> SourcesSettings {
        var settings = SourcesSettings()
        settings.named = sources
        return settings
    }

    private let log = LogLines()

    private func until(_ feed: SourceFeed, _ name: String, _ state: String) async throws {
        try await poll("\(name) is \(state)") {
            feed.rows.first { $0.name == name }?.state.hasPrefix(state) ?? false
        }
    }

    @Test func whatIsFoundIsUsedAndWhatIsNotIsSaid() async throws {
        let directory = try TestDirectory()
        let noise = try Noise(directory.path("n"))
        defer { noise.end() }
        let feed = SourceFeed(SourcesSettings(), log: log.logger) {
            .init(found: [noise.settings], absent: [.init(kind: .tpm, reason: "there is none")])
        }
        #expect(feed.rows.isEmpty)
        try feed.start { _, _ in }
        try await until(feed, noise.path, "healthy")
        #expect(feed.absent == [AbsentSource(kind: "tpm", reason: "there is none")])
        feed.stop()
    }

    @Test func namedSourcesAreUsedAndNothingElseIsLookedFor() async throws {
        let directory = try TestDirectory()
        let noise = try Noise(directory.path("n"))
        defer { noise.end() }
        let feed = SourceFeed(Self.named(noise.settings), log: log.logger) {
            Issue.record("it looked")
            return .init()
        }
        let blocks = Mutex(0)
        try feed.start { block, _ in blocks.withLock { $0 += block.byteCount } }
        feed.allow(upTo: 640)
        try await poll { blocks.withLock { $0 } == 640 }
        let row = try #require(feed.rows.first)
        #expect(row.kind == "device" && row.claimedBitsPerByte == 1 && row.isHealthy)
        #expect(row.raw.balances && row.raw.conditioned == 5760 && row.deliveredBytes == 640)
        #expect(feed.absent.isEmpty)
        feed.stop()
    }

    // MARK: F12

    @Test func aReloadKeepsWhoStaysAndTestsWhoChanges() async throws {
        let directory = try TestDirectory()
        let (kept, changed) = (try Noise(directory.path("a")), try Noise(directory.path("b")))
        defer {
            kept.end()
            changed.end()
        }
        let feed = SourceFeed(
            Self.named(kept.settings, changed.settings), log: log.logger, search: { .init() })
        try feed.start { _, _ in }
        try await until(feed, kept.path, "healthy")
        try await until(feed, changed.path, "healthy")
        // What is kept ready at a claim of one bit: then it rests.
        try await poll { feed.rows[0].raw.pending == 256 + 576 }
        let before = feed.rows[0].raw.read

        // The same pipe is claimed to be better; and a third joins that is stuck.
        var better = changed.settings
        better.claim = try EntropyClaim(bitsPerByte: 2)
        let stuck = SourceSettings(kind: .characterDevice, path: "/dev/zero")
        try feed.reload(Self.named(kept.settings, better, stuck))
        try await until(feed, changed.path, "healthy")
        // An induced failure alarms after the reload.
        try await until(feed, "/dev/zero", "failed: ")
        let rows = feed.rows
        #expect(rows.map(\.claimedBitsPerByte) == [1, 2, 1])
        #expect(rows[0].raw.read == before)
        #expect(rows[1].raw.dropped == 1024)

        try feed.reload(Self.named(kept.settings))
        #expect(feed.rows.map(\.name) == [kept.path])
        feed.stop()
    }

    @Test func anOperatorsResetAndCaptureGoToTheSourceThatIsNamed() async throws {
        let stuck = SourceSettings(kind: .characterDevice, path: "/dev/zero")
        let feed = SourceFeed(Self.named(stuck), log: log.logger, search: { .init() })
        try feed.start { _, _ in }
        try await until(feed, "/dev/zero", "failed: ")
        #expect(feed.rows[0].state.hasSuffix("entmesh sources --reset /dev/zero"))
        let alarms = feed.rows[0].alarms
        #expect(feed.reset("/dev/zero") == true)
        try await poll { feed.rows[0].alarms > alarms }
        try await until(feed, "/dev/zero", "failed: ")
        #expect(
            try await feed.capture("/dev/zero", count: 1000) == [UInt8](repeating: 0, count: 1000))
        #expect(feed.rows[0].raw.captured == 1000)
        #expect(feed.reset("none") == nil)
        await #expect(throws: ControlError.noSuchSource("none")) {
            try await feed.capture("none", count: 1)
        }
        feed.stop()
    }

    // MARK: F4

    @Test func whereASourceIsRequiredTheLastOneThatFailsIsTold() async throws {
        var settings = Self.named(SourceSettings(kind: .characterDevice, path: "/dev/zero"))
        settings.isRequired = true
        let feed = SourceFeed(settings, log: log.logger, search: { .init() })
        try feed.start { _, _ in }
        await #expect(throws: HostError.self) { try await SourceGuard(feed.exhaustion).run() }
        feed.stop()
    }

    @Test func whereASourceIsRequiredNoneAtAllIsToldToo() async throws {
        var settings = SourcesSettings()
        settings.isRequired = true
        let feed = SourceFeed(settings, log: log.logger, search: { .init() })
        try feed.start { _, _ in }
        await #expect(throws: HostError.self) { try await SourceGuard(feed.exhaustion).run() }
        feed.stop()
    }

    @Test func aSourceThatIsAwayMayComeBackAndIsNotTheLast() async throws {
        let directory = try TestDirectory()
        let away = SourceSettings(kind: .characterDevice, path: directory.path("away"))
        let stuck = SourceSettings(kind: .characterDevice, path: "/dev/zero")
        var settings = Self.named(away, stuck)
        settings.isRequired = true
        let feed = SourceFeed(settings, log: log.logger, search: { .init() })
        try feed.start { _, _ in }
        try await until(feed, "/dev/zero", "failed: ")
        try await until(feed, away.name, "unavailable: ")
        let told = Mutex(false)
        let watch = Task {
            for await _ in feed.exhaustion { told.withLock { $0 = true } }
        }
        // One more look, by one more change of state.
        #expect(feed.reset("/dev/zero") == true)
        try await poll { feed.rows[1].alarms >= 4 }
        watch.cancel()
        await watch.value
        #expect(!told.withLock { $0 })
        feed.stop()
    }
}
