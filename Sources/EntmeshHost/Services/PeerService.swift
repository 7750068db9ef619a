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
    private let settings: PeersSettings

    init(node: HostNode, settings: PeersSettings) {
        self.node = node
        self.settings = settings
    }

    public func run() async throws {
        try? await cancelWhenGracefulShutdown {
            try await waitUntilSeeded()
            try await readCertificate()
            await node.openToPeers()
            if let listen = settings.listen { try await serve(listen) }
        }
        try? await gracefulShutdown()
        await node.closeToPeers()
    }

    // The mesh tops up a host that is seeded, it cannot seed one: keys from a generator that is not
    // ready would be worth nothing. Swift's runtime seeds its hashing with a call that waits for the
    // generator, so this is a second look; should that change, nothing else here may wait like that:
    // it makes the kernel gather jitter, and so call itself ready (random(7)).
    private func waitUntilSeeded() async throws {
        while SystemRandom.number() == nil {
            await node.show(
                peersProblem: "other hosts wait until this host's generator is ready")
            try await Task.sleep(for: Self.readinessInterval)
        }
        await node.show(peersProblem: nil)
    }

    // Guests are served without other hosts too: a certificate that ran out while the daemon did is
    // no reason not to start again.
    private func readCertificate() async throws {
        while await node.identity == nil {
            do throws(HostError) {
                await node.become(try await PeerTLS(settings))
            } catch {
                await node.show(peersProblem: "no links with other hosts: \(error)")
                try await Task.sleep(for: Self.retry)
            }
        }
        await node.show(peersProblem: nil)
    }

    // For the same reason an address that is not there yet is waited for.
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
                channel.eventLoop.makeCompletedFuture { try Self.handOver(channel, to: node) }
            }
            .bind(host: address.host, port: address.port).get()
    }

    private static func handOver(_ channel: any Channel, to node: HostNode) throws {
        let descriptor = try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self
        ) { $0 }
        guard let descriptor else { throw ChannelError.operationUnsupported }
        try node.assumeIsolated { try $0.welcome(channel, descriptor: descriptor) }
    }
}
