// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshControl
internal import Foundation
internal import Glibc
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// Speaks to the daemon: one request, one answer, over its UNIX socket.
struct ControlClient {
    /// The longest answer taken, in bytes: ten thousand guests fit many times.
    private static let longestAnswer = 64 << 20
    /// How long an answer may take: a reseed waits for receipts.
    static let defaultDeadline = TimeAmount.seconds(30)
    /// How long a capture may take: a million samples of a source of 300 B/s.
    private static let captureDeadline = TimeAmount.hours(1)

    let path: String
    /// How long each answer may take.
    var deadline = Self.defaultDeadline
    /// When the last of all answers must be there.
    var end = NIODeadline.distantFuture

    func get<Answer: Decodable & Sendable>(_ uri: String) async throws -> Answer {
        try await send(.GET, uri, body: nil)
    }

    func post<Answer: Decodable & Sendable>(
        _ uri: String, _ body: some Encodable
    ) async throws -> Answer {
        try await send(.POST, uri, body: try JSONEncoder().encode(body))
    }

    /// Raw samples, which are no JSON.
    func capture(_ request: CaptureRequest) async throws -> Data {
        let body = try JSONEncoder().encode(request)
        return try await data(.POST, ControlAPI.capturePath, body, within: Self.captureDeadline)
    }

    private func data(
        _ method: HTTPMethod, _ uri: String, _ body: Data?, within deadline: TimeAmount
    ) async throws -> Data {
        let response = try await exchange(method, uri, body, deadline)
        let data = Data((response.body ?? ByteBuffer()).readableBytesView)
        guard response.head.status == .ok else {
            throw CommandError(refusal: try? JSONDecoder().decode(ControlError.self, from: data))
        }
        return data
    }

    private func send<Answer: Decodable & Sendable>(
        _ method: HTTPMethod, _ uri: String, body: Data?
    ) async throws -> Answer {
        let data = try await data(method, uri, body, within: deadline)
        do {
            return try JSONDecoder().decode(Answer.self, from: data)
        } catch {
            throw CommandError(
                "the daemon's answer makes no sense: is entmesh older than entmesh-host?")
        }
    }

    private func exchange(
        _ method: HTTPMethod, _ uri: String, _ body: Data?, _ deadline: TimeAmount
    ) async throws -> NIOHTTPClientResponseFull {
        let channel = try await connect()
        let answer = channel.eventLoop.makePromise(of: NIOHTTPClientResponseFull.self)
        try await channel.eventLoop.submit {
            try channel.pipeline.syncOperations.addHTTPClientHandlers()
            try channel.pipeline.syncOperations.addHandler(
                NIOHTTPClientResponseAggregator(maxContentLength: Self.longestAnswer))
            try channel.pipeline.syncOperations.addHandler(AnswerHandler(answer))
        }.get()
        let timeout = channel.eventLoop.scheduleTask(deadline: min(.now() + deadline, end)) {
            answer.fail(
                CommandError("the daemon does not answer; see its log"))
        }
        write(method, uri, body, to: channel)
        defer {
            timeout.cancel()
            channel.close(promise: nil)
        }
        return try await withTaskCancellationHandler {
            try await answer.futureResult.get()
        } onCancel: {
            answer.fail(CancellationError())
        }
    }

    private func connect() async throws -> any Channel {
        do {
            return try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(unixDomainSocketPath: path).get()
        } catch let error as IOError {
            throw CommandError(cannotConnect: path, errno: error.errnoCode)
        }
    }

    private func write(_ method: HTTPMethod, _ uri: String, _ body: Data?, to channel: any Channel)
    {
        var head = HTTPRequestHead(version: .http1_1, method: method, uri: uri)
        head.headers.add(name: "Host", value: "localhost")
        head.headers.add(name: "Connection", value: "close")
        if let body {
            head.headers.add(name: "Content-Type", value: "application/json")
            head.headers.add(name: "Content-Length", value: "\(body.count)")
        }
        channel.write(HTTPClientRequestPart.head(head), promise: nil)
        if let body {
            let part = HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(bytes: body)))
            channel.write(part, promise: nil)
        }
        channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
    }
}

/// Keeps the promise of one answer, whatever happens.
private final class AnswerHandler: ChannelInboundHandler {
    typealias InboundIn = NIOHTTPClientResponseFull

    private let answer: EventLoopPromise<NIOHTTPClientResponseFull>

    init(_ answer: EventLoopPromise<NIOHTTPClientResponseFull>) {
        self.answer = answer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        answer.succeed(unwrapInboundIn(data))
    }

    func channelInactive(context: ChannelHandlerContext) {
        answer.fail(CommandError(hungUpOn: getuid()))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        answer.fail(error)
        context.close(promise: nil)
    }
}
