// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshCoreTestSupport
import EntmeshNode
import EntmeshTestSupport
import EntmeshThreads
import Glibc
import Testing

@testable import EntmeshSources

@Suite(.timeLimit(.minutes(5))) struct EGDSourceTests {
    private static func source(_ socket: ListeningSocket) -> EGDSource {
        EGDSource(name: "egd", path: socket.path, deadline: .milliseconds(20))
    }

    private static func timedOut(_ socket: ListeningSocket) -> NoiseSourceError {
        .timedOut(device: socket.path, seconds: 0)
    }

    @Test(arguments: [(1, 1), (100, 100), (255, 255), (256, 255), (4096, 255)])
    func itAsksForWhatFitsIntoOneRequest(wanted: Int, asked: UInt8) throws {
        let socket = try ListeningSocket()
        var source = Self.source(socket)
        #expect(source.failure(ofReading: wanted) == Self.timedOut(socket))
        let server = try #require(socket.accept())
        #expect(server.receiveWaiting() == [0x02, asked])
    }

    @Test func whatIsOwedIsWaitedForBeforeAnythingElseIsAskedFor() throws {
        let socket = try ListeningSocket()
        var source = Self.source(socket)
        #expect(source.failure(ofReading: 100) == Self.timedOut(socket))
        let server = try #require(socket.accept())
        #expect(server.receiveWaiting() == [0x02, 100])
        #expect(source.failure(ofReading: 100) == Self.timedOut(socket))
        server.send([1, 2, 3])
        #expect(try source.read(100) == [1, 2, 3])
        #expect(source.failure(ofReading: 100) == Self.timedOut(socket))
        #expect(server.receiveWaiting().isEmpty)
        server.send([UInt8](repeating: 4, count: 97))
        #expect(try source.read(200).count == 97)
        #expect(source.failure(ofReading: 50) == Self.timedOut(socket))
        #expect(server.receiveWaiting() == [0x02, 50])
    }

    @Test func anAnswerInShortPiecesIsTakenAsItComes() throws {
        let socket = try ListeningSocket()
        var source = Self.source(socket)
        _ = source.failure(ofReading: 5)
        let server = try #require(socket.accept())
        for byte in [10, 20, 30, 40, 50] as [UInt8] {
            server.send([byte])
            #expect(try source.read(5) == [byte])
        }
        #expect(server.receiveWaiting() == [0x02, 5])
    }

    /// A server that sends more than it was asked for does not get more in.
    @Test func noMoreThanIsOwedIsTaken() throws {
        let socket = try ListeningSocket()
        var source = Self.source(socket)
        _ = source.failure(ofReading: 4)
        let server = try #require(socket.accept())
        server.send([1, 2, 3, 4, 5, 6])
        #expect(try source.read(64) == [1, 2, 3, 4])
        #expect(server.receiveWaiting() == [0x02, 4])
    }

    @Test func aServerThatHangsUpHasEndedAndIsAskedAnewWhenItIsBack() throws {
        let socket = try ListeningSocket()
        var source = Self.source(socket)
        _ = source.failure(ofReading: 100)
        do {
            let server = try #require(socket.accept())
            server.send([7])
            #expect(server.receiveWaiting() == [0x02, 100])
        }
        #expect(try source.read(100) == [7])
        #expect(source.failure(ofReading: 100) == .ended(device: socket.path))
        // As a runner does; nothing is owed by a new connection.
        source.close()
        _ = source.failure(ofReading: 30)
        let server = try #require(socket.accept())
        #expect(server.receiveWaiting() == [0x02, 30])
    }

    @Test func nobodyBehindTheSocketIsSaid() throws {
        let folder = try TestDirectory()
        let path = folder.path("dead")
        do {
            let socket = try ListeningSocket()
            try #require(rename(socket.path, path) == 0)
        }
        var source = EGDSource(name: "egd", path: path)
        #expect(
            source.failure(ofReading: 8)
                == .system(attempt: "connect to", device: path, errno: ECONNREFUSED))
        #expect(source.kind.defaultClaim.bitsPerByte == 1)
    }

    // MARK: Behind a runner

    /// A server with good noise, in two pieces an answer, whose first connection ends early.
    private final class Server: Sendable {
        private struct State: Sendable {
            var noise = SplitMix(seed: 9)
            var requests: [[UInt8]] = []
        }

        private let state = Monitor(State())

        var requests: [[UInt8]] { state.withLock { $0.requests } }

        func serve(_ client: SocketClient) {
            while let request = client.receive(2) {
                let (answer, isLast) = state.withLock { state in
                    state.requests.append(request)
                    return (state.noise.bytes(Int(request[1])), state.requests.count == 3)
                }
                client.send(Array(answer[..<(answer.count / 2)]))
                client.send(Array(answer[(answer.count / 2)...]))
                if isLast { return }
            }
        }
    }

    @Test func aServerThatHangsUpOncePassesTheTestsAndGivesBlocks() async throws {
        let socket = try ListeningSocket()
        let server = Server()
        socket.serve { server.serve($0) }
        let running = try RunningSource(EGDSource(name: "egd", path: socket.path))
        try await running.state(\.isUnavailable)
        try await running.state(.healthy)
        try await running.expectBlocks(2)
        #expect(server.requests.allSatisfy { $0[0] == 0x02 && $0[1] > 0 })
        #expect(running.runner.status().errorCount == 1)
    }
}
