// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConfig
internal import EntmeshConnection
public import EntmeshControl
internal import EntmeshMesh
internal import EntmeshNode
internal import Logging

// What operators see of the peers beside the guests, and ask for.
extension HostNode {
    /// All that M has for peers beside the guests: the other hosts, and the host's own pool.
    public func peerList() -> PeerList {
        PeerList(
            ownName: identity?.ownName,
            peers: peers.records.map(row) + (ownPool.hasEverConnected ? [ownPoolRow] : []))
    }

    /// Has a peer, or a guest, whose entropy was found faulty give again.
    ///
    /// - Throws: `ControlError` if there is nobody of that name.
    public func resetPeer(_ request: PeerRequest) throws(ControlError) -> PeerResetReply {
        guard let record = giver(named: request.peer) else { throw .noSuchPeer(request.peer) }
        let hadFailed = record.fault != nil
        if hadFailed {
            record.resetFault()
            let name = record.name.escapedForDisplay
            log.notice("peer reset by an operator", metadata: ["name": "\(name)"])
            if let link = record.link { end(link, .shutdown) }
        }
        return PeerResetReply(peer: record.name, hadFailed: hadFailed)
    }

    private func giver(named name: String) -> PeerRecord? {
        if let host = peers.named(name.lowercased()) { return host }
        return name == ownPool.name ? ownPool : directory.withName(name)
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
        var row = PeerRow(
            name: record.name.escapedForDisplay, kind: .host, state: .waiting,
            sends: record.isGiven, receives: record.configuredTrust.words,
            sentBytes: mesh.totals(of: record.peer).deliveredBytes,
            receivedBytes: record.receivedByteCount)
        row.isFaulty = record.fault != nil
        guard let link = record.link, link.connection.isOpen else { return row }
        row.theirLevel = record.heard.map { Int($0.level.percent) }
        row.ourLevel = link.connection.announcedLevel.map { Int($0.percent) }
        return row
    }

    private func state(of record: HostRecord) -> PeerRow.State {
        if record.fault != nil { return .failed }
        if record.openSince != nil { return .connected }
        if record.isDialling || record.link != nil { return .connecting }
        return isOpenToPeers ? .waiting : .off
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
