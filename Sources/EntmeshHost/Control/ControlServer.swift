// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

public import EntmeshControl
internal import Foundation
internal import Glibc
public import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOPosix
public import ServiceLifecycle
internal import Synchronization

/// The control API on a UNIX socket: reading for the group, changing for uid 0.
public struct ControlServer: Service {
    /// How many clients are served at once.
    private static let mostClients = 64
    /// How long to wait before another attempt to make the socket.
    private static let retry = Duration.seconds(10)
    /// What says that the socket cannot be made where it should be.
    private static let placeErrors = [ENOENT, ENOTDIR, EROFS, ENOSPC, EDQUOT, EACCES, EPERM]

    private let path: String
    private let groupName: String?
    private let group: UInt32?
    private let node: HostNode
    private let log: Logger
    private let listening: @Sendable () -> Void

    /// - Parameters:
    ///   - path: where to listen; a stale socket there is replaced.
    ///   - groupName: whose members may read; nil, or one that does not exist, for nobody else.
    ///   - listening: called when clients can connect, or cannot for now and `status` says so.
    public init(
        path: String, groupName: String?, node: HostNode,
        listening: @escaping @Sendable () -> Void = {}
    ) {
        self.path = path
        self.groupName = groupName
        self.node = node
        self.listening = listening
        log = node.log
        group = groupName.flatMap { getgrnam($0)?.pointee.gr_gid }
    }

    public func run() async throws {
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            do {
                return try await serve()
            } catch let error as HostError {
                // Guests are served without operators too, so a folder that is missing or full is
                // no reason to end.
                guard case .cannotPlace = error else { throw error }
                await node.show(controlProblem: "\(error); tried again every 10 s")
                listening()
                try? await cancelWhenGracefulShutdown { try await Task.sleep(for: Self.retry) }
            }
        }
    }

    private func serve() async throws {
        makeFolder(of: path)
        try removeStaleSocket(path)
        let isOpen = Mutex(false)
        let policy = AccessPolicy(ownUID: getuid(), readers: group)
        let application = Application(
            router: router(policy),
            server: HTTPServerBuilder { responder in
                GuardedChannel(policy: policy, responder: responder)
            },
            configuration: ApplicationConfiguration(
                address: .unixDomainSocket(path: path), serverName: nil,
                availableConnectionsDelegate: MaximumAvailableConnections(Self.mostClients)),
            onServerRunning: { _ in
                isOpen.withLock { $0 = true }
                await self.openDoor()
            },
            // One loop, so that a connection is accepted, checked and handed over in one step: what
            // is half-way when the server closes would trap (NIOAsyncWriter).
            eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton.next()),
            logger: quiet(log))
        // What is not ours must stay: another daemon may have come between.
        defer { if isOpen.withLock({ $0 }) { unlink(path) } }
        do {
            try await application.run()
        } catch let error as IOError where !isOpen.withLock({ $0 }) {
            let reason = Listen.unix(path: path, peer: .ownPool).reason(for: error)
            throw Self.placeErrors.contains(error.errnoCode)
                ? HostError.cannotPlace(path, reason: reason)
                : HostError.cannotListen(path, reason: reason)
        }
    }

    // Until now nobody but us could connect: that takes the permission to write.
    private func openDoor() async {
        if let groupName {
            if group == nil {
                await node.warn(
                    "there is no group \(groupName): only root may read the control socket; "
                        + "type: sudo groupadd --system \(groupName), and restart entmesh-host")
            } else if let group, !isGiven(to: group), chown(path, uid_t.max, group) != 0 {
                await node.warn(
                    "the control socket cannot be given to group \(groupName): only root may read; "
                        + "make the daemon's user a member of it")
            }
        }
        await node.show(controlProblem: nil)
        chmod(path, 0o660)
        log.info("listening for operators", metadata: ["on": "\(path)"])
        listening()
    }

    // The unit allows no chown(2): there the daemon's own group is the one.
    private func isGiven(to group: gid_t) -> Bool {
        let facts = try? FileManager.default.attributesOfItem(atPath: path)
        return (facts?[.groupOwnerAccountID] as? NSNumber)?.uint32Value == group
    }

    private func quiet(_ log: Logger) -> Logger {
        var log = log
        log.logLevel = max(log.logLevel, .notice)
        return log
    }

    private func router(_ policy: AccessPolicy) -> Router<ControlContext> {
        let router = Router(context: ControlContext.self)
        router.add(middleware: ErrorsAsJSON())
        router.get(.init(ControlAPI.guestsPath)) { [node] _, _ in await node.guestList() }
        router.get(.init(ControlAPI.statusPath)) { [node] _, _ in await node.status() }
        router.get(.init(ControlAPI.sourcesPath)) { [node] _, _ in await node.sourceList() }
        router.get(.init(ControlAPI.ledgerPath)) { [node] _, _ in await node.ledger() }
        router.get(.init(ControlAPI.peersPath)) { [node] _, _ in await node.peerList() }
        addChanges(to: router, policy)
        return router
    }

    private func addChanges(to router: Router<ControlContext>, _ policy: AccessPolicy) {
        router.post(.init(ControlAPI.reseedPath)) { [node] request, context in
            try await node.reseed(try await context.decode(request, policy))
        }
        router.post(.init(ControlAPI.resetSourcePath)) { [node] request, context in
            try await node.resetSource(try await context.decode(request, policy))
        }
        router.post(.init(ControlAPI.resetPeerPath)) { [node] request, context in
            try await node.resetPeer(try await context.decode(request, policy))
        }
        router.post(.init(ControlAPI.capturePath)) { [node] request, context in
            let samples = try await node.capture(try await context.decode(request, policy))
            return Response(
                status: .ok, headers: [.contentType: "application/octet-stream"],
                body: .init(byteBuffer: ByteBuffer(bytes: samples)))
        }
    }
}

extension GuestLedger: ResponseEncodable {}
extension GuestList: ResponseEncodable {}
extension HostStatus: ResponseEncodable {}
extension PeerList: ResponseEncodable {}
extension PeerResetReply: ResponseEncodable {}
extension ReseedReply: ResponseEncodable {}
extension ResetReply: ResponseEncodable {}
extension SourceList: ResponseEncodable {}

extension ControlContext {
    /// The request's body, for those who may change something.
    fileprivate func decode<Body: Decodable>(
        _ request: Request, _ policy: AccessPolicy
    ) async throws -> Body {
        // Who asks comes before what is asked: nothing of the body is parsed for others.
        guard let peer = await credentials(), policy.access(of: peer) == .change else {
            throw ControlError.permissionDenied
        }
        return try await request.decode(as: Body.self, context: self)
    }
}

extension ControlError {
    static let permissionDenied = ControlError(
        code: "permission-denied",
        message: "permission denied: only root may change anything; try: sudo entmesh ...")

    fileprivate var httpStatus: HTTPResponse.Status {
        switch code {
        case "permission-denied": .forbidden
        case "no-such-domain", "no-such-source", "no-such-peer", "not-found": .notFound
        default: .badRequest
        }
    }
}

/// Turns every error into a `ControlError` document.
private struct ErrorsAsJSON: RouterMiddleware {
    typealias Context = ControlContext

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as ControlError {
            return try respond(error, error.httpStatus)
        } catch let error as any HTTPResponseError {
            let code = error.status == .notFound ? "not-found" : "bad-request"
            return try respond(
                ControlError(code: code, message: "the daemon does not understand the request"),
                error.status)
        } catch {
            return try respond(
                ControlError(code: "bad-request", message: "the request is not what is expected"),
                .badRequest)
        }
    }

    private func respond(
        _ error: ControlError, _ status: HTTPResponse.Status
    ) throws -> Response {
        let body = try JSONEncoder().encode(error)
        return Response(
            status: status, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(bytes: body)))
    }
}
