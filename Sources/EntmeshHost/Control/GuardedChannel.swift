// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore

/// HTTP/1.1 for peers that may read; others are hung up on before their first byte is read.
struct GuardedChannel: ServerChildChannel {
    typealias Value = HTTP1Channel.Value

    /// How long a client may be silent.
    private static let idleTimeout = TimeAmount.seconds(60)

    private let http: HTTP1Channel
    private let policy: AccessPolicy

    init(policy: AccessPolicy, responder: @escaping HTTPChannelHandler.Responder) {
        self.policy = policy
        http = HTTP1Channel(
            responder: responder,
            configuration: .init(
                idleTimeout: Self.idleTimeout,
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: 8192, maxHeaderListSize: 16384, maxHeaderFieldCount: 64)))
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        let credentials = try? ControlContext.credentials(of: channel)
        guard let credentials, policy.access(of: credentials) != .none else {
            logger.warning(
                "control connection refused", metadata: ["uid": "\(credentials?.uid ?? .max)"])
            channel.close(promise: nil)
            return channel.eventLoop.makeFailedFuture(ChannelError.alreadyClosed)
        }
        return http.setup(channel: channel, logger: logger)
    }

    func handle(value: Value, logger: Logger) async {
        await http.handle(value: value, logger: logger)
    }
}
