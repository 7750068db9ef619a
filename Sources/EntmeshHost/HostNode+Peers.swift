// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConfig
internal import EntmeshConnection
internal import EntmeshMesh
internal import EntmeshNode
internal import Logging
internal import NIOCore
internal import NIOPosix

// The other hosts: who they are, and how they are dialled.
extension HostNode {
    /// How long a connection may take to be made.
    private static let connectTimeout = TimeAmount.seconds(5)

    // MARK: Who there is

    /// Has just the hosts of `settings` for peers. Who stays keeps its connection, unless what is
    /// given to it or taken from it changes, which is a matter of the hello.
    func replacePeers(by settings: [PeerHost]) {
        let (new, gone) = peers.replace(by: settings)
        for record in gone { forget(record) }
        for record in new { mesh.admit(record.peer, terms: terms(of: record), now: now) }
        for host in settings {
            guard let record = peers.named(host.name), record.settings != host else { continue }
            apply(host, to: record)
        }
        for record in peers.records { dial(record) }
    }

    private func apply(_ host: PeerHost, to record: HostRecord) {
        let old = record.settings
        record.settings = host
        if old.address != host.address { stopWaiting(record) }
        let isSameToIt = old.sends == host.sends && old.trust == host.trust
        if !isSameToIt, let link = record.link { end(link, .shutdown) }
    }

    private func forget(_ record: HostRecord) {
        record.settings.address = nil
        if let link = record.link { end(link, .switchedOff) }
        stopWaiting(record)
        tank.settle(byteCount: mesh.forget(record.peer), delivered: false)
    }

    private func stopWaiting(_ record: HostRecord) {
        record.redial?.cancel()
        record.redial = nil
    }

    /// From here on other hosts are dialled and let in, as `identity`.
    func openToPeers() {
        isOpenToPeers = true
        for record in peers.records { dial(record) }
    }

    /// From here on nobody is.
    func closeToPeers() {
        isOpenToPeers = false
        for record in peers.records { stopWaiting(record) }
    }

    /// Shows what keeps other hosts from connecting; nil if nothing does.
    func show(peersProblem problem: String?) {
        if let problem, problem != peersProblem { log.warning("\(problem)") }
        peersProblem = problem
    }

    /// As whom we speak to other hosts from the next handshake on.
    func become(_ identity: PeerTLS) {
        self.identity = identity
    }

    // MARK: Dialling

    /// Dials `record` if it has an address and no connection.
    func dial(_ record: HostRecord) {
        guard isOpenToPeers, let identity, let address = record.settings.address,
            record.link == nil, !record.isDialling
        else { return }
        guard record.name != identity.ownName else {
            record.lastError = "that is this host itself"
            return
        }
        stopWaiting(record)
        record.isDialling = true
        let peer = record.peer
        let name = record.name
        let prepare: @Sendable (any Channel) throws -> Void = { channel in
            try identity.prepare(channel, node: self, dialled: (peer, name))
        }
        resolve(address)
            .flatMap { first in self.connect(peer, first, address, prepare) }
            .whenFailure { error in
                self.assumeIsolated { $0.dialFailed(peer, TLSWords.words(for: error)) }
            }
    }

    // NIO's own resolver asks for one name after the other, whoever asks: a name that nobody answers
    // for would hold up all others.
    private nonisolated func resolve(_ address: PeerAddress) -> EventLoopFuture<SocketAddress> {
        NIOThreadPool.singleton.runIfActive(eventLoop: eventLoop) {
            try SocketAddress.makeAddressResolvingHost(address.host, port: address.port)
        }
    }

    // The name is known, so that asking for all of its addresses holds up nobody.
    private nonisolated func connect(
        _ peer: PeerID, _ first: SocketAddress, _ address: PeerAddress,
        _ prepare: @escaping @Sendable (any Channel) throws -> Void
    ) -> EventLoopFuture<any Channel> {
        // It may have dialled while we looked for its address.
        guard assumeIsolated({ $0.peers.record(peer)?.link == nil }) else {
            return eventLoop.makeFailedFuture(ChannelError.alreadyClosed)
        }
        let isName = (try? SocketAddress(ipAddress: address.host, port: address.port)) == nil
        return bootstrap(prepare).connect(to: first).flatMapError { error in
            isName
                ? self.bootstrap(prepare).connect(host: address.host, port: address.port)
                : self.eventLoop.makeFailedFuture(error)
        }
    }

    private nonisolated func bootstrap(
        _ prepare: @escaping @Sendable (any Channel) throws -> Void
    ) -> ClientBootstrap {
        ClientBootstrap(group: eventLoop)
            .connectTimeout(Self.connectTimeout)
            .channelOption(.recvAllocator, value: PeerService.receiveAllocator)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try prepare(channel) }
            }
    }

    /// A dial came to nothing.
    func dialFailed(_ peer: PeerID, _ why: String) {
        guard let record = peers.record(peer) else { return }
        record.isDialling = false
        guard record.link == nil else { return }
        warn("host cannot be reached", subject: "dial-\(peer.number)-\(why)", record, why)
        record.lastError = why
        counters.add(.events, "dial-failed")
        dialAgainLater(record)
    }

    /// Dials `record` again after a while, if it has an address.
    func dialAgainLater(_ record: HostRecord) {
        guard isOpenToPeers, record.settings.address != nil, record.redial == nil else { return }
        let delay = record.delay.next(using: &jitter)
        let peer = record.peer
        record.redial = eventLoop.assumeIsolated().scheduleTask(
            in: .nanoseconds(delay.nanoseconds)
        ) {
            self.assumeIsolated { node in
                guard let record = node.peers.record(peer) else { return }
                record.redial = nil
                node.dial(record)
            }
        }
    }

    /// The connection of `record` is over.
    func ended(_ record: HostRecord, _ reason: CloseReason, _ why: String) {
        record.ended(why)
        if reason != .shutdown {
            warn("host disconnected", subject: "closed-\(record.peer.number)", record, why)
        }
        dialAgainLater(record)
    }
}
