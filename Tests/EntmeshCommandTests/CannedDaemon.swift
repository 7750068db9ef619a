// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshControl
import EntmeshTestSupport
import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// A daemon that says what a test wants, so that the command line can be tested to the letter.
final class CannedDaemon: Sendable {
    struct Answer: Sendable {
        var status = 200
        var body: String
        /// How many bytes of the body never come.
        var missing = 0
        /// How long it takes.
        var delay = TimeAmount.zero
    }

    private let channel: any Channel

    /// Listens on `path`; `answer` is given the method and the path of each request.
    init(_ path: String, answer: @escaping @Sendable (String) -> Answer?) async throws {
        let heard = Heard()
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(heard, answer))
                }
            }
            .bind(unixDomainSocketPath: path).get()
        requests = heard
    }

    /// One that answers with these guests.
    convenience init(_ path: String, guests: [GuestRow]) async throws {
        let body = try String(
            decoding: JSONEncoder().encode(GuestList(guests: guests)), as: UTF8.self)
        try await self.init(path) { _ in Answer(body: body) }
    }

    private let requests: Heard

    /// The requests that came: each with its body.
    var lines: [String] { requests.lines.withLock { $0 } }

    func close() async throws { try await channel.close().get() }

    private final class Heard: Sendable {
        let lines = Mutex<[String]>([])
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let heard: Heard
        private let answer: @Sendable (String) -> Answer?
        private var text = ""

        init(_ heard: Heard, _ answer: @escaping @Sendable (String) -> Answer?) {
            self.heard = heard
            self.answer = answer
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            text += String(decoding: unwrapInboundIn(data).readableBytesView, as: UTF8.self)
            guard let end = text.range(of: "\r\n\r\n"), isWhole(after: end.upperBound) else {
                return
            }
            let line = text.split(separator: "\r\n").first.map(String.init) ?? ""
            heard.lines.withLock { $0.append("\(line) \(text[end.upperBound...])") }
            guard let answer = answer(line) else {
                context.close(promise: nil)
                return
            }
            let response =
                "HTTP/1.1 \(answer.status) X\r\nContent-Length: \(answer.body.utf8.count + answer.missing)\r\n"
                + "Connection: close\r\n\r\n\(answer.body)"
            context.eventLoop.assumeIsolated().scheduleTask(in: answer.delay) {
                context.writeAndFlush(
                    self.wrapOutboundOut(ByteBuffer(string: response)), promise: nil)
            }
        }

        private func isWhole(after start: String.Index) -> Bool {
            guard let field = text.range(of: "Content-Length: ") else { return true }
            let length = text[field.upperBound...].prefix { $0.isNumber }
            return text[start...].utf8.count >= Int(length) ?? 0
        }
    }
}

extension CannedDaemon {
    /// How a run of the command line ended: its status, what it wrote, and what it asked for.
    typealias Outcome = (status: Int32, output: String, requests: [String])

    /// Runs `entmesh` with `arguments` against a daemon that answers by `answer`.
    static func outcome(
        of arguments: [String], answer: @escaping @Sendable (String) -> Answer?
    ) async throws -> Outcome {
        let directory = try TestDirectory()
        let daemon = try await CannedDaemon(directory.path("control"), answer: answer)
        let child = try Child(
            ["\(Child.buildDirectory ?? ".")/entmesh"] + arguments
                + ["--socket", directory.path("control")], log: directory.path("out"))
        let status = await child.status()
        try await daemon.close()
        return (status, child.log, daemon.lines)
    }

    static func json(_ value: some Encodable) -> Answer {
        let data = (try? JSONEncoder().encode(value)) ?? Data()
        return Answer(body: String(decoding: data, as: UTF8.self))
    }
}
