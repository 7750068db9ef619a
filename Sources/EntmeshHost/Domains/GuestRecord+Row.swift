// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConnection
internal import EntmeshControl
internal import EntmeshLibvirt
internal import EntmeshMesh
internal import EntmeshNode

/// What a row needs to know of the moment and of the node.
struct RowContext {
    let bootTime: Moment
    let totals: PeerTotals
    let peer: Peer?
    let isMarked: Bool
    let isTankEmpty: Bool
    let isBackedOff: Bool
}

extension GuestRecord {
    /// The guest as the list shows it.
    func row(_ context: RowContext) -> GuestRow {
        var row = GuestRow(
            id: domain.id, name: domain.name, uuid: domain.uuid.description,
            state: domain.state.rawValue, isActive: isActive,
            mode: hasEverConnected ? .agent : .none, seeding: seeding(context),
            servedBytes: context.totals.deliveredBytes,
            servedBlocks: context.totals.deliveredBlocks,
            discardedBytes: context.totals.discardedBytes, note: note(context),
            isConnected: link?.connection.isOpen ?? false)
        row.level = estimatedLevel(context).map { Int($0.percent) }
        row.ageSeconds = lastDelivery.map {
            Int(max(0, (context.bootTime - $0.bootTime).wholeSeconds))
        }
        row.lastOutcome = lastRefusal?.words ?? lastDelivery?.outcome.words
        row.cid = domain.guestCID
        row.transport = link == nil ? nil : transport.rawValue
        row.agentVersion = hello.map { "\($0.agentVersion)" }
        row.kernel = status.map { "\($0.kernel)" }
        row.poolBits = status.map { Int($0.poolBits) }
        row.hardwareGenerator = status.map { "\($0.hardwareGenerator)" }
        return row
    }

    /// The announced level less what time has taken since; the guest speaks up at every tenth
    /// point, so the estimate is never further off than that.
    private func estimatedLevel(_ context: RowContext) -> FillLevel? {
        guard link?.connection.isOpen ?? false, let heard else { return nil }
        if context.isMarked { return .empty }
        guard heard.level > .empty else { return .empty }
        let horizon = Freshness.defaultHorizon.nanoseconds
        let gone = max(0, (context.bootTime - heard.at).nanoseconds) / (horizon / 100)
        let fallen = min(gone, Int64(Wire.announcedFall - 1))
        return FillLevel(amount: max(1, Int64(heard.level.percent) - fallen), of: 100)
    }

    private func seeding(_ context: RowContext) -> GuestRow.Seeding {
        guard link?.connection.isOpen ?? false else { return .unknown }
        if lastRefusal?.outcome == .failed { return .failed }
        if context.isMarked { return .stale }
        if isFedOnLink { return hello?.accepts == .mix ? .unknown : .seeded }
        return hello?.isReady == false ? .notReady : .unknown
    }

    private func note(_ context: RowContext) -> String {
        if let problem = domain.problem { return problem.escapedForDisplay }
        if isSwitchedOff { return GuestRow.switchedOffNote }
        guard isActive else { return offNote }
        if !domain.hasVsock { return "no vsock: attach \(domain.name.escapedForDisplay)" }
        guard let link, link.connection.isOpen else { return disconnectedNote }
        if let lastRefusal, context.isBackedOff || !isFedOnLink { return lastRefusal.words }
        if context.isMarked { return pendingNote(context) }
        if !isFedOnLink {
            if hello?.accepts == .refuse { return "takes nothing" }
            if context.isTankEmpty { return "waiting: tank empty" }
            return hello?.isReady == false ? "not ready" : "waiting for its receipt"
        }
        if context.isTankEmpty, context.peer?.isRequesting == true { return "waiting: tank empty" }
        // Over its VMM's socket any process in the guest can play the agent.
        return transport == .unixGuest ? "\(fedNote), source port not seen" : fedNote
    }

    private var fedNote: String {
        if hello?.accepts == .mix { return "mix only" }
        if let mark, let outcome = mark.outcome { return "\(mark.cause.words), \(outcome.words)" }
        return lastDelivery?.outcome == .deferred ? "reseed deferred" : "seeded"
    }

    private var offNote: String {
        domain.state == .saved ? "reseeded when it is restored" : ""
    }

    private var disconnectedNote: String {
        guard hasEverConnected else { return "agent never connected" }
        if domain.state == .paused { return "paused: agent silent" }
        guard let lastClose else { return "agent disconnected" }
        return "agent disconnected: \(lastClose.label)"
    }

    private func pendingNote(_ context: RowContext) -> String {
        let cause = mark?.cause.words ?? "marked"
        return context.isTankEmpty ? "\(cause), waiting: tank empty" : "\(cause), not yet reseeded"
    }
}
