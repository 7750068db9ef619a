// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshCoreTestSupport
import EntmeshNode
import EntmeshThreads
import Glibc

@testable import EntmeshSources

/// A TPM that does what its script says, over a UNIX socket; when the script is over it is a good
/// one.
final class FakeTPM: Sendable {
    /// What it does with one command.
    enum Step: Sendable {
        /// Answers with as many random bytes as are asked for.
        case good
        /// The same, after so long.
        case late(milliseconds: UInt32)
        /// The same, once `release()` is called.
        case held
        /// Answers with this response code and nothing else.
        case code(UInt32)
        /// Answers with these bytes.
        case bytes([UInt8])
        /// Ends the connection instead.
        case hangUp
    }

    /// One command as it came.
    struct Command: Sendable {
        let bytes: [UInt8]
        /// How many clients had connected by then.
        let connection: Int
        let arrival: Moment
        var answer: Moment?
    }

    private struct State: Sendable {
        var steps: [Step]
        var noise = SplitMix(seed: 7)
        var given: [UInt8] = []
        var commands: [Command] = []
        var connectionCount = 0
    }

    /// What the thread and the test share: the thread must not keep the socket.
    private final class Desk: Sendable {
        let state: Monitor<State>
        let gate: (wait: Int32, open: Int32)

        init(_ steps: [Step]) {
            state = Monitor(State(steps: steps))
            var ends: [Int32] = [-1, -1]
            _ = pipe(&ends)
            gate = (ends[0], ends[1])
        }

        deinit {
            close(gate.wait)
            close(gate.open)
        }
    }

    private let desk: Desk
    private let socket: ListeningSocket

    init(_ steps: Step...) throws {
        let desk = Desk(steps)
        self.desk = desk
        socket = try ListeningSocket()
        socket.serve { Self.serve($0, desk) }
    }

    deinit { release() }

    var path: String { socket.path }
    /// Every random byte given so far.
    var given: [UInt8] { desk.state.withLock { $0.given } }
    /// Every command so far.
    var commands: [Command] { desk.state.withLock { $0.commands } }

    /// How many bytes each command so far asked for.
    var counts: [Int] { commands.map { Int($0.bytes[10]) << 8 | Int($0.bytes[11]) } }

    func append(_ steps: [Step]) { desk.state.withLock { $0.steps += steps } }

    /// Lets one `held` answer go.
    func release() { _ = write(desk.gate.open, [0] as [UInt8], 1) }

    private static func serve(_ client: SocketClient, _ desk: Desk) {
        desk.state.withLock { $0.connectionCount += 1 }
        while let command = client.receive(TPMRandom.commandByteCount) {
            let step = desk.state.withLock { state in
                state.commands.append(
                    Command(
                        bytes: command, connection: state.connectionCount, arrival: .monotonic))
                return state.steps.isEmpty ? .good : state.steps.removeFirst()
            }
            guard let answer = answer(to: command, step, desk) else { return }
            desk.state.withLock { $0.commands[$0.commands.count - 1].answer = .monotonic }
            client.send(answer)
        }
    }

    private static func answer(to command: [UInt8], _ step: Step, _ desk: Desk) -> [UInt8]? {
        switch step {
        case .good: break
        case .late(let milliseconds): usleep(milliseconds * 1000)
        case .held:
            var byte: UInt8 = 0
            _ = read(desk.gate.wait, &byte, 1)
        case .code(let code): return response(code: code)
        case .bytes(let bytes): return bytes
        case .hangUp: return nil
        }
        return desk.state.withLock { state in
            let bytes = state.noise.bytes(Int(command[10]) << 8 | Int(command[11]))
            state.given += bytes
            return response(bytes)
        }
    }

    // MARK: Responses

    /// A response with these random bytes, as part 3, section 16.1 has it.
    static func response(_ bytes: [UInt8]) -> [UInt8] {
        [0x80, 0x01, 0, 0, 0, UInt8(12 + bytes.count), 0, 0, 0, 0, 0, UInt8(bytes.count)] + bytes
    }

    /// A response with this code, and so with nothing but a header.
    static func response(code: UInt32) -> [UInt8] {
        [0x80, 0x01, 0, 0, 0, 10] + withUnsafeBytes(of: code.bigEndian) { Array($0) }
    }
}
