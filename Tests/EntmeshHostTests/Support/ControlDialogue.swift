// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshControl
import Foundation
import NIOCore
import NIOPosix

/// A client of the control socket that can also misbehave: bytes out, all bytes in.
final class ControlDialogue {
    let channel: any Channel
    private let answer: EventLoopFuture<String>

    init(_ path: String) async throws {
        let loop = FakeGuest.group.next()
        let promise = loop.makePromise(of: String.self)
        answer = promise.futureResult
        let bootstrap = ClientBootstrap(group: loop).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(Collector(promise))
            }
        }
        do {
            channel = try await bootstrap.connect(unixDomainSocketPath: path).get()
        } catch {
            promise.fail(error)
            throw error
        }
    }

    func write(_ text: String) async throws { try await write(Array(text.utf8)) }

    func write(_ bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
    }

    func hangUp() async throws { try await channel.close().get() }

    /// Awaits the end of the connection and returns all that came.
    func all() async throws -> String { try await answer.get() }

    /// One request and its whole answer: the status and the body.
    static func send(
        _ path: String, _ method: String, _ uri: String, body: [UInt8] = []
    ) async throws -> (status: Int, body: String) {
        let dialogue = try await ControlDialogue(path)
        let head =
            "\(method) \(uri) HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
            + "Content-Length: \(body.count)\r\n\r\n"
        try await dialogue.write(Array(head.utf8) + body)
        let text = try await dialogue.all()
        let status = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        let end = text.range(of: "\r\n\r\n")
        return (status, end.map { String(text[$0.upperBound...]) } ?? "")
    }

    /// Throws `bytes` at the socket, says that there is no more, and returns all that comes back.
    static func thrown(_ bytes: [UInt8], at path: String) async throws -> String {
        let dialogue = try await ControlDialogue(path)
        // It may have hung up before it has read everything.
        try? await dialogue.write(bytes)
        try? await dialogue.channel.close(mode: .output).get()
        return try await dialogue.all()
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let promise: EventLoopPromise<String>
        private var bytes: [UInt8] = []

        init(_ promise: EventLoopPromise<String>) {
            self.promise = promise
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            bytes += Array(unwrapInboundIn(data).readableBytesView)
        }

        func channelInactive(context: ChannelHandlerContext) {
            promise.succeed(String(decoding: bytes, as: UTF8.self))
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }
}
