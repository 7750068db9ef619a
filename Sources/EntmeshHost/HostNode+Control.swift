// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConnection
public import EntmeshControl
internal import EntmeshLibvirt
internal import EntmeshMesh
internal import EntmeshNode
internal import EntmeshSources
internal import Logging
internal import NIOCore

// What operators see and ask for, over the control socket.
extension HostNode {
    /// A runway that is longer, in seconds, is as good as endless: a hundred years.
    private static let longestRunway = 100.0 * 365 * 86_400

    var bootTime: Moment { configuration.bootClock() }

    /// All guests, running ones first, by id and then by name.
    public func guestList() -> GuestList {
        let rows = directory.records.values.filter(\.isDefined).map(row)
        return GuestList(
            guests: rows.sorted {
                ($0.isActive ? 0 : 1, $0.id ?? .max, $0.name)
                    < ($1.isActive ? 0 : 1, $1.id ?? .max, $1.name)
            })
    }

    /// The daemon's state.
    public func status() -> HostStatus {
        let records = directory.records.values.filter(\.isDefined)
        let sources = feed.rows
        return HostStatus(
            program: "\(Self.version)", uptimeSeconds: Int((now - started).wholeSeconds),
            tank: tankStatus(), sources: sources,
            libvirt: LibvirtStatus(
                state: libvirt.state.rawValue, uri: libvirtURI,
                lastError: libvirt.lastError?.escapedForDisplay, domains: records.count,
                running: records.filter(\.isActive).count),
            ownPool: ownPool.hasEverConnected ? row(ownPool) : nil,
            guestsConnected: records.filter { $0.link?.connection.isOpen ?? false }.count,
            counters: counters.rows,
            warnings: warnings + sourceWarnings(sources)
                + [reloadProblem, controlProblem, peersProblem, ledgerProblem].compactMap(\.self)
                + peerWarnings)
    }

    /// All sources, and what was looked for in vain.
    public func sourceList() -> SourceList {
        SourceList(sources: feed.rows, absent: feed.absent)
    }

    /// Has a source that failed begin anew.
    ///
    /// - Throws: `ControlError` if there is no such source.
    public func resetSource(_ request: SourceRequest) throws(ControlError) -> ResetReply {
        guard let hadFailed = feed.reset(request.source) else {
            throw .noSuchSource(request.source)
        }
        if hadFailed {
            let name = request.source.escapedForDisplay
            log.notice("source reset by an operator", metadata: ["name": "\(name)"])
        }
        return ResetReply(source: request.source, hadFailed: hadFailed)
    }

    /// Reads raw samples of a source for an operator; they are never used.
    ///
    /// - Throws: `ControlError` if there is no such source, or its device fails.
    public nonisolated func capture(
        _ request: CaptureRequest
    ) async throws(ControlError) -> [UInt8] {
        guard (1...SourceFeed.longestCapture).contains(request.count) else {
            throw ControlError(
                code: "bad-request",
                message: "1 to \(SourceFeed.longestCapture) samples can be captured at once")
        }
        return try await feed.capture(request.source, count: request.count)
    }

    /// Adds to what an administrator should look at.
    func warn(_ text: String) {
        log.warning("\(text)")
        warnings.append(text)
    }

    /// Shows what keeps operators from connecting; nil if nothing does.
    func show(controlProblem problem: String?) {
        if let problem, problem != controlProblem { log.warning("\(problem)") }
        controlProblem = problem
    }

    private var libvirtURI: String? {
        if case .libvirt(let uri) = configuration.roster { uri ?? "qemu:///system" } else { nil }
    }

    private func sourceWarnings(_ sources: [SourceRow]) -> [String] {
        var warnings: [String] = []
        if !sources.contains(where: \.isHealthy) {
            warnings.append(
                isFedByHosts
                    ? "no source of this host gives entropy: other hosts refill the tank"
                    : "no source gives entropy: the tank is not refilled")
        }
        if sources.contains(where: { $0.kind == NoiseSourceKind.kernel.rawValue }) {
            warnings.append("a source is this kernel's own generator, not hardware")
        }
        return warnings
    }

    private var isFedByHosts: Bool {
        peers.records.contains {
            $0.openSince != nil && $0.trust == .credit && $0.hello?.sends == true
        }
    }

    private var peerWarnings: [String] {
        let faulty = (peers.records as [PeerRecord] + pools).compactMap { record in
            record.fault.map { fault in
                let name = record.name.escapedForDisplay
                return """
                    what \(name) gives is \(fault.rawValue): nothing is taken from it; once it is \
                    mended: entmesh peers --reset \(name)
                    """
            }
        }
        return faulty + [identity?.warning].compactMap(\.self)
    }

    private func tankStatus() -> TankStatus {
        var status = TankStatus(
            capacity: tank.capacity, level: Int(tank.fillLevel.percent),
            received: tank.ledger.received, resident: tank.resident,
            inFlight: tank.ledger.inFlight, delivered: tank.ledger.delivered,
            discarded: tank.ledger.discarded, balances: tank.ledgerBalances,
            isLocked: tankIsLocked)
        status.inBytesPerSecond = inflow.bytesPerSecond(at: now)
        status.outBytesPerSecond = outflow.bytesPerSecond(at: now)
        let runway = Double(tank.resident) / status.outBytesPerSecond
        // Without a flow it is for ever, and after some hours of none as good as that.
        status.runwaySeconds = runway < Self.longestRunway ? Int(runway) : nil
        return status
    }

    private func row(_ record: GuestRecord) -> GuestRow {
        record.row(
            RowContext(
                bootTime: bootTime, totals: mesh.totals(of: record.peer),
                peer: mesh.peer(record.peer), isMarked: mesh.isMarked(record.peer),
                isTankEmpty: tank.fillLevel == .empty,
                isBackedOff: mesh.backOff(of: record.peer, now: now) != nil))
    }

    // MARK: Reseed

    /// Gives one guest, or every connected one, a block now and waits for the receipts.
    ///
    /// - Throws: `ControlError` if there is no such domain.
    public func reseed(_ request: ReseedRequest) async throws(ControlError) -> ReseedReply {
        let records = try targets(request)
        let results = await withTaskGroup(of: ReseedReply.Result.self) { group in
            for uuid in records.map(\.domain.uuid) {
                group.addTask { await self.reseed(uuid) }
            }
            var results: [ReseedReply.Result] = []
            for await result in group { results.append(result) }
            return results
        }
        return ReseedReply(results: results.sorted { $0.name < $1.name })
    }

    private func targets(_ request: ReseedRequest) throws(ControlError) -> [GuestRecord] {
        guard case .domain(let domain) = request else {
            return directory.records.values.filter { $0.isDefined && $0.link != nil }
        }
        guard let record = directory.named(domain) else {
            throw ControlError(
                code: "no-such-domain",
                message: "failed to get domain '\(domain.escapedForDisplay)'")
        }
        return [record]
    }

    private func reseed(_ uuid: DomainUUID) async -> ReseedReply.Result {
        guard let record = directory.record(uuid) else {
            return .init(name: "", uuid: "\(uuid)", outcome: "gone", succeeded: false)
        }
        let outcome = await reseedOutcome(record)
        var result = ReseedReply.Result(
            name: record.domain.name, uuid: "\(uuid)", outcome: outcome.words,
            succeeded: outcome.succeeded)
        if case .receipt(_, let span) = outcome, outcome.succeeded {
            result.microseconds = Int(span.nanoseconds / 1000)
        }
        return result
    }

    private func reseedOutcome(_ record: GuestRecord) async -> ReseedOutcome {
        if record.isSwitchedOff { return .switchedOff }
        guard record.link?.connection.isOpen ?? false else { return .notConnected }
        return await withCheckedContinuation { continuation in
            nextWaiter += 1
            let id = nextWaiter
            record.reseedWaiters.append(ReseedWaiter(id: id, asked: now, answer: continuation))
            let peer = record.peer
            let deadline = TimeAmount.nanoseconds(configuration.reseedDeadline.nanoseconds)
            _ = eventLoop.assumeIsolated().scheduleTask(in: deadline) {
                self.assumeIsolated { $0.giveUpWaiting(id, for: peer) }
            }
            mark(record, .reseedAsked, renewsFirstClass: false)
            pump()
        }
    }

    private func giveUpWaiting(_ id: UInt64, for peer: PeerID) {
        guard let record = record(peer) as? GuestRecord,
            let index = record.reseedWaiters.firstIndex(where: { $0.id == id })
        else { return }
        let waiter = record.reseedWaiters.remove(at: index)
        waiter.answer.resume(returning: whyNoReceipt(record))
    }

    private func whyNoReceipt(_ record: GuestRecord) -> ReseedOutcome {
        if record.hello?.accepts == .refuse { return .takesNothing }
        if tank.fillLevel == .empty { return .tankEmpty }
        if record.link?.connection.blocksInFlight == 0 { return .notSent }
        return .noAnswer
    }

    /// Tells everybody who waits for `record` how it ended.
    func answerWaiters(of record: GuestRecord, _ outcome: ReseedOutcome) {
        let waiters = record.reseedWaiters
        record.reseedWaiters = []
        for waiter in waiters { waiter.answer.resume(returning: outcome) }
    }

    /// Tells everybody who waits for `record` that its receipt came.
    func answerWaiters(of record: GuestRecord, _ receipt: Receipt) {
        let now = now
        let waiters = record.reseedWaiters
        record.reseedWaiters = []
        for waiter in waiters {
            waiter.answer.resume(returning: .receipt(receipt, after: now - waiter.asked))
        }
    }
}
