// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConfig
import EntmeshControl
import EntmeshNode
import EntmeshSources
import EntmeshTestSupport
import Synchronization
import Testing

@testable import EntmeshHost

/// A host that gives what no working host gives.
@Suite(.timeLimit(.minutes(5)))
struct FaultyHostTests {
    private func run(
        _ feed: BrokenFeed, _ body: (TestMesh) async throws -> Void
    ) async throws {
        let broken = Member("a") {
            $0.feed = feed
            $0.knows("b")
        }
        let taker = Member("b") {
            $0.budget = 0
            $0.knows("a", dials: true)
        }
        try await TestMesh.run([broken, taker], repeats: true, body)
    }

    @Test(arguments: [BrokenFeed.Defect.zeros, .sameBlock])
    func isTakenFromNoMoreUntilAnOperatorSaysSo(_ defect: BrokenFeed.Defect) async throws {
        let feed = BrokenFeed(defect)
        try await run(feed) { mesh in
            try await mesh.until("b", "a") { $0.isFaulty && $0.state == .failed }
            let status = try await mesh["b"].status()
            #expect(status.warnings.contains { $0.contains("entmesh peers --reset a") })
            // It is told, connects again, and gives nothing.
            try await mesh.until("a", "b") { $0.state == .connected && $0.theirLevel == nil }
            let received = try await mesh.row("b", "a").receivedBytes
            feed.mend()
            try await mesh.empty("a")
            try await mesh.until("a") { $0.tank.level >= 99 }
            #expect(try await mesh.row("b", "a").receivedBytes == received)
            let reply = try await mesh["b"].resetPeer(PeerRequest(peer: "a"))
            #expect(reply.hadFailed)
            // A second of the back-off that a refusal earned.
            await mesh.pass(.seconds(2))
            try await mesh.until("b") { $0.tank.level >= 80 }
            #expect(try await mesh["b"].resetPeer(PeerRequest(peer: "a")).hadFailed == false)
        }
    }

    @Test func thePeerToResetMustExist() async throws {
        try await TestMesh.run([Member("a")]) { mesh in
            await #expect {
                try await mesh["a"].resetPeer(PeerRequest(peer: "nobody"))
            } throws: { error in
                (error as? ControlError)?.code == "no-such-peer"
            }
        }
    }
}

/// A feed whose blocks are all alike until it is mended.
final class BrokenFeed: Feed {
    enum Defect: Sendable {
        case zeros
        /// Looks random, but is always the same.
        case sameBlock
    }

    private let defect: Mutex<Defect?>
    private let good = TestFeed(name: "mended")
    private let bytes: [UInt8] = (0..<4096).map { _ in .random(in: 0...255) }

    init(_ defect: Defect) {
        self.defect = Mutex(defect)
    }

    func mend() { defect.withLock { $0 = nil } }

    func start(deliver: @escaping @Sendable (consuming Entropy, UInt64) -> Void) throws {
        good.start { [self] entropy, startOvers in
            let size = entropy.byteCount
            guard let defect = defect.withLock({ $0 }) else {
                deliver(entropy, startOvers)
                return
            }
            deliver(
                Entropy(byteCount: size, minEntropy: .full(byteCount: size)) { out in
                    // Blocks to another host have other sizes: 32 bytes that come again and again.
                    guard defect == .sameBlock else { return }
                    for index in 0..<size { out[index] = bytes[index % 32] }
                }, startOvers)
        }
    }

    func allow(upTo total: UInt64) { good.allow(upTo: total) }
    func startOver() { good.startOver() }
    func stop() { good.stop() }
    var rows: [SourceRow] { good.rows }
}
