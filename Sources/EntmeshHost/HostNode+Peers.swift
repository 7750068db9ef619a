// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConfig
internal import EntmeshConnection
public import EntmeshControl
internal import EntmeshMesh
internal import EntmeshNode
internal import Logging
internal import NIOCore
internal import NIOPosix

// The other hosts: dialled, let in, and told apart by the names in their certificates.
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
        if old.address != host.address {
            record.redial?.cancel()
            record.redial = nil
        }
        let isSameToIt =
            old.sends == host.sends && old.trust == host.trust
            && old.creditAtMost == host.creditAtMost
        if !isSameToIt, let link = record.link { end(link, .shutdown) }
    }

    private func forget(_ record: HostRecord) {
        record.redial?.cancel()
        record.settings.address = nil
        if let link = record.link { end(link, .switchedOff) }
        tank.settle(byteCount: mesh.forget(record.peer), delivered: false)
    }

    /// From here on other hosts are dialled and let in, as whom `identity` says.
    func openToPeers(as identity: PeerTLS) {
        peerTLS = identity
        for record in peers.records { dial(record) }
    }

    /// From here on nobody is.
    func closeToPeers() {
        peerTLS = nil
        for record in peers.records { record.redial?.cancel() }
    }

    /// Shows what keeps other hosts from connecting; nil if nothing does.
    func show(peersProblem problem: String?) {
        if let problem, problem != peersProblem { log.warning("\(problem)") }
        peersProblem = problem
    }

    /// Has a host whose entropy was found faulty give again.
    ///
    /// - Throws: `ControlError` if there is no such host.
    public func resetPeer(_ request: PeerRequest) throws(ControlError) -> PeerResetReply {
        guard let record = peers.named(request.peer.lowercased()) else {
            throw .noSuchPeer(request.peer)
        }
        let hadFailed = record.fault != nil
        if hadFailed {
            record.resetFault()
            log.notice("host reset by an operator", metadata: ["host": "\(record.name)"])
            if let link = record.link { end(link, .shutdown) }
        }
        return PeerResetReply(peer: record.name, hadFailed: hadFailed)
    }

    // MARK: Dialling

    /// Dials `record` if it has an address and no connection.
    func dial(_ record: HostRecord) {
        guard !isStopped, let peerTLS, let address = record.settings.address, record.link == nil,
            !record.isDialling
        else { return }
        record.redial?.cancel()
        record.redial = nil
        record.isDialling = true
        let peer = record.peer
        let name = record.name
        ClientBootstrap(group: eventLoop)
            .connectTimeout(Self.connectTimeout)
            .channelOption(.recvAllocator, value: PeerService.receiveAllocator)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try peerTLS.prepare(channel, node: self, dialled: (peer, name))
                }
            }
            .connect(host: address.host, port: address.port)
            .whenFailure { error in
                self.assumeIsolated { $0.dialFailed(peer, TLSWords.words(for: error)) }
            }
    }

    private func dialFailed(_ peer: PeerID, _ why: String) {
        guard let record = peers.record(peer) else { return }
        record.isDialling = false
        guard record.link == nil else { return }
        if record.lastError != why {
            warn("host cannot be reached", subject: "dial-\(peer.number)", record, why)
        }
        record.lastError = why
        counters.add(.events, "dial-failed")
        dialAgainLater(record)
    }

    private func dialAgainLater(_ record: HostRecord) {
        guard !isStopped, peerTLS != nil, record.settings.address != nil, record.redial == nil
        else { return }
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

    // MARK: Greeted

    /// Takes a connection that came in: who it is, TLS has yet to show.
    func welcome(_ channel: any Channel) throws {
        let address = channel.remoteAddress?.ipAddress ?? ""
        guard let peerTLS, acceptLimiter.admit(.name("tcp \(address)"), now: now) else {
            counters.add(.refused, .tooManyConnections)
            throw ChannelError.operationUnsupported
        }
        try peerTLS.prepare(channel, node: self, dialled: nil)
    }

    /// TLS has shown that `name` is at the other end of `channel`.
    func greeted(_ channel: any Channel, name: String, dialled: PeerID?) {
        if let dialled { peers.record(dialled)?.isDialling = false }
        guard let peerTLS, !isStopped else {
            channel.close(promise: nil)
            return
        }
        guard let record = peers.named(name) else {
            refuse(channel, .pipeline, .unknownHost, who: name)
            return
        }
        let dialler = dialled == nil ? Dialler.them : .us
        if record.link != nil {
            switch TieBreak(
                ownName: peerTLS.ownName, peerName: name, old: record.dialledBy, new: dialler)
            {
            case .old:
                refuse(channel, .pipeline, .replaced, who: name)
                return
            case .impostor:
                refuse(channel, .pipeline, .duplicateHost, who: name)
                return
            case .new: break
            }
        }
        record.dialledBy = dialler
        attach(channel, .pipeline, to: record, as: .host)
    }

    /// `channel` ended before TLS could show who is at its other end.
    func handshakeFailed(_ channel: any Channel, _ why: String, dialled: PeerID?) {
        if let dialled {
            dialFailed(dialled, why)
            return
        }
        counters.add(.refused, "peer-handshake")
        let who = channel.remoteAddress?.ipAddress ?? "unknown address"
        guard let heldBack = logLimiter.admit("handshake-\(who)-\(why)", now: now) else { return }
        log.warning(
            "host refused",
            metadata: ["address": "\(who)", "reason": "\(why)", "heldBack": "\(heldBack)"])
    }

    /// The connection of `record` is over.
    func ended(_ record: HostRecord, _ why: String) {
        record.ended(why)
        dialAgainLater(record)
    }

    // MARK: What operators see

    /// All that M has for peers beside the guests: the other hosts, and the host's own pool.
    public func peerList() -> PeerList {
        PeerList(
            ownName: peerTLS?.ownName,
            peers: peers.records.map(row) + (ownPool.hasEverConnected ? [ownPoolRow] : []))
    }

    private func row(_ record: HostRecord) -> PeerRow {
        var row = row(of: record)
        row.address = record.settings.address.map { "\($0)" }
        row.state = state(of: record)
        row.dialledBy = record.openSince == nil ? nil : record.dialledBy.rawValue
        row.lastError = record.lastError
        row.keyExchange = PeerTLS.keyExchange
        row.sinceSeconds = record.openSince.map { Int((now - $0).wholeSeconds) }
        return row
    }

    private var ownPoolRow: PeerRow {
        var row = row(of: ownPool)
        row.kind = .ownPool
        row.state = row.isFaulty ? .failed : ownPool.link == nil ? .waiting : .connected
        return row
    }

    private func row(of record: PeerRecord) -> PeerRow {
        let connection = record.link.map { ($0.connection.isOpen, $0.connection.announcedLevel) }
        var row = PeerRow(
            name: record.name.escapedForDisplay, kind: .host, state: .waiting,
            sends: record.isGiven, receives: record.configuredTrust.words,
            sentBytes: mesh.totals(of: record.peer).deliveredBytes,
            receivedBytes: record.receivedByteCount)
        row.isFaulty = record.fault != nil
        guard let (isOpen, announced) = connection, isOpen else { return row }
        row.theirLevel = record.heard.map { Int($0.level.percent) }
        row.ourLevel = announced.map { Int($0.percent) }
        return row
    }

    private func state(of record: HostRecord) -> PeerRow.State {
        if record.fault != nil { return .failed }
        if record.openSince != nil { return .connected }
        if record.isDialling || record.link != nil { return .connecting }
        return peerTLS == nil ? .off : .waiting
    }
}

extension InboundTrust {
    /// As the configuration has it.
    var words: String {
        switch self {
        case .refuse: "refuse"
        case .mix: "mix"
        case .credit: "credit"
        }
    }
}

extension ControlError {
    fileprivate static func noSuchPeer(_ name: String) -> ControlError {
        ControlError(
            code: "no-such-peer",
            message: "there is no peer '\(name.escapedForDisplay)'; see: entmesh peers")
    }
}
