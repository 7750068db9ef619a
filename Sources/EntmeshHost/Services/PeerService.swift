// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConfig
internal import EntmeshLinux
internal import Logging
internal import NIOCore
internal import NIOPosix
public import ServiceLifecycle

/// Dials other hosts and lets them in, once this host's own generator is ready.
public struct PeerService: Service {
    /// What is read at once, in bytes: two TLS records (RFC 8446 section 5.1).
    static let receiveAllocator = FixedSizeRecvByteBufferAllocator(capacity: 32_768)
    /// How long to wait before another attempt to listen, or look at the generator.
    private static let retry = Duration.seconds(10)
    private static let readinessInterval = Duration.seconds(1)

    private let node: HostNode
    private let identity: PeerTLS
    private let listen: PeerAddress?

    init(node: HostNode, identity: PeerTLS, listen: PeerAddress?) {
        self.node = node
        self.identity = identity
        self.listen = listen
    }

    public func run() async throws {
        try? await cancelWhenGracefulShutdown {
            try await waitUntilSeeded()
            await node.openToPeers(as: identity)
            if let listen { try await serve(listen) }
        }
        try? await gracefulShutdown()
        await node.closeToPeers()
    }

    // The mesh tops up a host that is seeded, it cannot seed one: keys from a generator that is not
    // ready would be worth nothing. There is nothing to wait on that would not make the kernel
    // gather jitter, and so call itself ready (random(7)).
    private func waitUntilSeeded() async throws {
        while SystemRandom.number() == nil {
            await node.show(
                peersProblem: "other hosts wait until this host's generator is ready")
            try await Task.sleep(for: Self.readinessInterval)
        }
        await node.show(peersProblem: nil)
    }

    // Guests are served without other hosts too, so an address that is not there yet is no reason
    // to end.
    private func serve(_ address: PeerAddress) async throws {
        while true {
            do {
                let channel = try await bind(address)
                await node.show(peersProblem: nil)
                node.log.info("listening for hosts", metadata: ["on": "\(address)"])
                return try await withTaskCancellationHandler {
                    try await channel.closeFuture.get()
                } onCancel: {
                    channel.close(promise: nil)
                }
            } catch let error where !(error is CancellationError) {
                await node.show(
                    peersProblem: "cannot listen for other hosts on \(address): "
                        + "\(TLSWords.words(for: error)); tried again every 10 s")
                try await Task.sleep(for: Self.retry)
            }
        }
    }

    private func bind(_ address: PeerAddress) async throws -> any Channel {
        let node = self.node
        return try await ServerBootstrap(group: node.eventLoop)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        AcceptBackoffHandler(shouldForwardIOErrorCaught: false))
                }
            }
            .childChannelOption(.recvAllocator, value: Self.receiveAllocator)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try node.assumeIsolated { try $0.welcome(channel) }
                }
            }
            .bind(host: address.host, port: address.port).get()
    }
}
