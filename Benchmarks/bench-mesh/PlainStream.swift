// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshCertificates
internal import EntmeshConfig
internal import EntmeshLinux
internal import EntmeshNode
internal import EntmeshSources
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import NIOTLS

/// The reference: the same bytes as one stream over TLS of the same kind, into the same conditioner
/// and a tank, with no protocol and no daemon.
struct PlainStream {
    private let server: any Channel
    private let context: NIOSSLContext
    private let sink: Sink
    /// As with the daemons, each end has a loop of its own.
    private let clientLoop: any EventLoop

    init(_ identities: Identities) async throws {
        let settings = identities.settings(of: "taker")
        let identity = try await HostIdentity.load(
            certificatePath: settings.certificatePath, keyPath: settings.keyPath,
            caPath: settings.authorityPath)
        var configuration = TLSConfiguration.makeServerConfigurationWithMTLS(
            certificateChain: try identity.certificatesDER.map {
                .certificate(try NIOSSLCertificate(bytes: $0, format: .der))
            },
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: identity.privateKeyPEM, format: .pem)),
            trustRoots: .file(settings.authorityPath))
        configuration.minimumTLSVersion = .tlsv13
        configuration.curves = [.x25519_MLKEM768]
        let context = try NIOSSLContext(configuration: configuration)
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let sink = Sink()
        clientLoop = MultiThreadedEventLoopGroup.singleton.next()
        self.context = context
        self.sink = sink
        server = try await ServerBootstrap(group: loop)
            .childChannelOption(
                .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 32_768)
            )
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                    try channel.pipeline.syncOperations.addHandler(SinkHandler(sink))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    /// The rate at which a tank fills that takes what the mesh's takes.
    func megabytesPerSecond() async throws -> Double {
        let goal = Refill.capacity * (Refill.timed.count - 1) / 100
        let done = sink.begin(goal)
        let channel = try await ClientBootstrap(group: clientLoop)
            .channelInitializer { [context] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        NIOSSLClientHandler(
                            context: context, serverHostname: nil,
                            customVerificationCallback: { $1.succeed(.certificateVerified) }))
                    try channel.pipeline.syncOperations.addHandler(PourHandler())
                }
            }
            .connect(host: "127.0.0.1", port: server.localAddress?.port ?? 0).get()
        let nanoseconds = await done.first { _ in true } ?? 0
        try await channel.close().get()
        return Double(goal) / Double(nanoseconds) * 1000
    }
}

/// Writes as fast as the other end reads, once TLS is through; what is written and not yet gone is no
/// more than the protocol's window.
private final class PourHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let chunk = ByteBuffer(
        bytes: (0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 181) })
    private static let chunksAtOnce = 4

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .handshakeCompleted = event as? TLSUserEvent else { return }
        for _ in 0..<Self.chunksAtOnce { pour(context) }
    }

    private func pour(_ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(Self.chunk)).whenSuccess {
            // In a turn of its own, so that one that never blocks does not go ever deeper.
            bound.eventLoop.execute { bound.value.0.pour(bound.value.1) }
        }
    }
}

/// Takes whole blocks of 4096 bytes into the conditioner and the tank.
private final class Sink: @unchecked Sendable {
    // Sendable: `begin` is called between two connections, the rest on the server's loop.
    private var conditioner = InboundConditioner()
    private var tank = MemoryTank(storage: HeapStorage(byteCount: Refill.capacity))
    private var goal = 0
    private var started: Moment?
    private var report: AsyncStream<Int64>.Continuation?

    func begin(_ goal: Int) -> AsyncStream<Int64> {
        let (stream, continuation) = AsyncStream.makeStream(of: Int64.self)
        self.goal = goal
        started = nil
        report = continuation
        tank.wipe()
        return stream
    }

    func take(_ buffer: inout ByteBuffer) {
        while let block = buffer.readBytes(length: 4096) {
            started = started ?? SystemClock.now()
            let entropy = Entropy(copying: block.span.bytes, minEntropy: .full(byteCount: block.count))
            conditioner.credit(entropy) { _ = tank.deposit($0) }
            guard tank.resident >= goal, let start = started else { continue }
            report?.yield((SystemClock.now() - start).nanoseconds)
            report?.finish()
            report = nil
        }
    }
}

private final class SinkHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let sink: Sink
    private var collected = ByteBuffer()

    init(_ sink: Sink) {
        self.sink = sink
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        collected.writeBuffer(&buffer)
        sink.take(&collected)
        collected.discardReadBytes()
    }
}
