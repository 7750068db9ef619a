// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CEntmeshLinux
internal import Glibc
internal import Logging
internal import NIOCore
internal import NIOPosix
public import ServiceLifecycle

/// Listens on one socket and hands every connection to the node, before a byte of it is read.
public struct LinkListener: Service {
    /// What the kernel queues from one vsock peer, in bytes: agents send less than 1 KiB at once.
    private static let vsockBuffer: UInt64 = 8192
    /// What is read at once, in bytes.
    private static let readBuffer = 2048

    private let listen: Listen
    private let channel: any Channel

    private init(_ listen: Listen, _ channel: any Channel) {
        self.listen = listen
        self.channel = channel
    }

    /// Listens on all of `places`, or on none of them. From here on connections are taken; the
    /// service only ends that.
    ///
    /// - Throws: `HostError.cannotListen`.
    public static func bind(_ places: [Listen], node: HostNode) async throws -> [LinkListener] {
        var listeners: [LinkListener] = []
        do {
            for place in places {
                listeners.append(LinkListener(place, try await bind(place, node)))
                node.log.info("listening for agents", metadata: ["on": "\(place)"])
            }
        } catch {
            for listener in listeners { listener.close() }
            throw error
        }
        return listeners
    }

    public func run() async throws {
        try await withTaskCancellationOrGracefulShutdownHandler {
            try await channel.closeFuture.get()
        } onCancelOrGracefulShutdown: {
            close()
        }
    }

    private func close() {
        channel.close(promise: nil)
        if case .unix(let path, _) = listen { unlink(path) }
    }

    private static func bind(_ listen: Listen, _ node: HostNode) async throws -> any Channel {
        let bootstrap = ServerBootstrap(group: node.eventLoop)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    // Without it the loop would spin while there is no descriptor to be had.
                    try channel.pipeline.syncOperations.addHandler(
                        AcceptBackoffHandler(shouldForwardIOErrorCaught: false))
                    if case .vsock = listen { try limitBuffers(channel) }
                }
            }
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(
                .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: readBuffer)
            )
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try handOver(channel, listen, node)
                }
            }
        do {
            switch listen {
            case .vsock(let port):
                if let inherited = node.configuration.vsockDescriptor {
                    try InheritedVsock.check(inherited)
                    return try await bootstrap.withBoundSocket(inherited).get()
                }
                let address = VsockAddress(cid: .any, port: VsockAddress.Port(rawValue: port))
                return try await bootstrap.bind(to: address).get()
            case .unix(let path, _):
                makeFolder(of: path)
                try removeStaleSocket(path)
                return try await bootstrap.bind(unixDomainSocketPath: path).get()
            }
        } catch let error as HostError {
            throw error
        } catch {
            throw HostError.cannotListen("\(listen)", reason: listen.reason(for: error))
        }
    }

    private static func handOver(_ channel: any Channel, _ listen: Listen, _ node: HostNode) throws
    {
        let descriptor = try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self
        ) { $0 }
        guard let descriptor else { throw ChannelError.operationUnsupported }
        node.assumeIsolated { node in
            switch listen {
            case .vsock:
                // Who came before this daemon took the socket over had the system's limit.
                if node.configuration.vsockDescriptor != nil {
                    _ = entmesh_vsock_limit_buffer(descriptor, vsockBuffer)
                }
                node.accept(vsock: channel, descriptor: descriptor)
            case .unix(_, let peer): node.accept(unix: channel, descriptor: descriptor, peer: peer)
            }
        }
    }

    // Before it listens: accepted sockets inherit the limits (CVE-2026-23086: a guest may make the
    // host queue).
    private static func limitBuffers(_ channel: any Channel) throws {
        let result = try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self
        ) { entmesh_vsock_limit_buffer($0, vsockBuffer) }
        guard let result, result < 0 else { return }
        throw IOError(errnoCode: CInt(-result), reason: "limit the buffers of a vsock socket")
    }
}
