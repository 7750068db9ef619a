// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConnection
internal import EntmeshControl
internal import EntmeshLibvirt
internal import EntmeshMesh
internal import EntmeshNode
internal import Logging
internal import NIOCore

// The life of a connection: attached, fed with bytes, flushed, timed, ended.
extension HostNode {
    /// Makes `channel` the connection of `record`, in place of any older one.
    func attach(
        _ channel: any Channel, _ outlet: Outlet, to record: GuestRecord,
        over transport: GuestRecord.Transport
    ) {
        if record.isSwitchedOff {
            refuse(channel, outlet, .switchedOff, who: record.domain.name)
            return
        }
        record.transport = transport
        let gives = record === ownPool && record.trust != .refuse
        attach(channel, outlet, to: record, as: gives ? .giver : .guest)
    }

    /// Makes `channel` the connection of `record`, in place of any older one.
    func attach(
        _ channel: any Channel, _ outlet: Outlet, to record: PeerRecord, as kind: LinkKind
    ) {
        if let older = record.link { end(older, .replaced) }
        nextLink += 1
        let link = Link(
            id: LinkID(number: nextLink), channel: channel, outlet: outlet, peer: record.peer,
            hello: hello(to: record), kind: kind, now: now)
        do {
            try channel.pipeline.syncOperations.addHandler(LinkHandler(node: self, link: link.id))
        } catch {
            channel.close(promise: nil)
            if let host = record as? HostRecord { dialAgainLater(host) }
            return
        }
        links[link.id] = link
        record.link = link
        if record.trust != .refuse { givers[link.id] = record }
        record.mixed.connectionBegan()
        record.isFedOnLink = false
        record.heard = nil
        link.connection.start(now: now, into: &wire)
        flush(link)
        schedule(link)
        _ = channel.setOption(.autoRead, value: true)
    }

    private func hello(to record: PeerRecord) -> Hello {
        Hello(
            kind: .buffer, capacity: UInt32(clamping: tank.capacity), sends: record.isGiven,
            accepts: record.trust, isReady: true,
            occasion: .start, agentVersion: PrintableText(Self.version))
    }

    /// Feeds what was read on a link to its connection and acts on what comes out.
    func received(_ buffer: ByteBuffer, on id: LinkID) {
        // Before anything is read, for the link may end by it.
        let mayHoldEntropy = givers[id] != nil || links[id] == nil
        defer { if mayHoldEntropy { wipe(buffer) } }
        guard let link = links[id] else { return }
        buffer.withUnsafeReadableBytes { bytes in
            var offset = 0
            while !link.isOver {
                let event = link.connection.receive(
                    bytes.bytes, offset: &offset, now: now, into: &wire)
                if !handle(event, on: link) { break }
            }
        }
        countSkipped(on: link)
        if !link.isOver { flush(link) }
        // The others who give know nothing yet of what this one gave.
        if mayHoldEntropy { announceLevel(cause: .deposit) }
        if !link.isOver { pauseIfTooFast(link, byteCount: buffer.readableBytes) }
        schedule(link)
        pump()
    }

    // An agent of a later version may send what this one does not know.
    private func countSkipped(on link: Link) {
        for _ in link.skippedFrames..<link.connection.skippedFrames {
            counters.add(.events, "frame-skipped")
        }
        link.skippedFrames = link.connection.skippedFrames
    }

    // Returns whether there may be more in the same bytes.
    private func handle(_ event: consuming ConnectionEvent, on link: Link) -> Bool {
        guard let record = record(link.peer) else { return false }
        switch consume event {
        case .needsMore:
            return false
        case .opened(let hello):
            opened(hello, on: link, record)
        case .level(let level):
            heard(level, on: link, record)
        case .transfer(let sequence, let entropy):
            accept(entropy, sequence: sequence, from: record, on: link)
        case .receipt(let receipt, let byteCount):
            acknowledged(receipt, byteCount, record)
        case .status(let status):
            (record as? GuestRecord)?.status = status
            record.hello?.isReady = status.isReady
            mesh.heard(isReady: status.isReady, from: link.peer, now: now)
        case .closed(let reason, let byPeer):
            if byPeer { link.failure = link.failure ?? reason.words(byPeer: true) }
            end(link, reason, quietly: byPeer)
            return false
        }
        return true
    }

    private func heard(_ level: FillLevel, on link: Link, _ record: PeerRecord) {
        let flaps = mesh.totals(of: link.peer).flaps
        record.heard = (level, bootTime)
        mesh.heard(level, from: link.peer, now: now)
        // A buffer's level falls as fast as others take from it.
        guard record.hello?.kind == .pool, mesh.totals(of: link.peer).flaps > flaps else { return }
        counters.add(.events, "flapping")
        warn(
            "level falls faster than any pool goes stale",
            subject: "flapping-\(record.peer.number)", record, "flapping")
    }

    private func opened(_ hello: Hello, on link: Link, _ record: PeerRecord) {
        guard record.mayBe(hello) else {
            end(link, .unexpectedMessage)
            return
        }
        record.hello = hello
        record.hasEverConnected = true
        mesh.admit(link.peer, terms: terms(of: record), now: now)
        mesh.opened(link.peer, hello: hello, now: now)
        if hello.occasion == .transportReset { counters.add(.events, "guest-transport-reset") }
        (record as? HostRecord)?.opened(at: now)
        link.connection.announce(level(for: record), into: &wire)
        guard let heldBack = logLimiter.admit("opened-\(record.peer.number)", now: now) else {
            return
        }
        log.info(
            record is HostRecord ? "host connected" : "agent connected",
            metadata: [
                "\(record.kind)": "\(record.name.escapedForDisplay)",
                "agent": "\(hello.agentVersion)",
                "ready": "\(hello.isReady)", "occasion": "\(hello.occasion)",
                "heldBack": "\(heldBack)",
            ])
    }

    private func acknowledged(_ receipt: Receipt, _ byteCount: Int, _ record: PeerRecord) {
        let guest = record as? GuestRecord
        let wasMarked = mesh.isMarked(record.peer)
        tank.settle(byteCount: byteCount, delivered: receipt.outcome.isDelivery)
        mesh.acknowledged(receipt, byteCount: byteCount, by: record.peer, now: now)
        counters.add(.receipts, receipt.outcome.words)
        guard receipt.outcome.isDelivery else {
            record.lastRefusal = receipt
            if let guest { answerWaiters(of: guest, receipt) }
            warn(
                "\(record.kind) refuses entropy", subject: "refusal-\(record.peer.number)", record,
                receipt.words)
            return
        }
        let isFirst = !record.isFedOnLink
        delivered(receipt, to: record)
        // Whoever waits comes before the log, which may be slow.
        let isMarked = mesh.isMarked(record.peer)
        if let guest, !isMarked { answerWaiters(of: guest, receipt) }
        if isFirst { logFed(record, receipt) }
        if let guest, wasMarked, !isMarked { markLifted(guest, receipt) }
    }

    private func delivered(_ receipt: Receipt, to record: PeerRecord) {
        record.isFedOnLink = true
        record.lastRefusal = nil
        record.lastDelivery = .init(outcome: receipt.outcome, bootTime: bootTime)
        (record as? GuestRecord)?.lastServed = configuration.wallClock()
        // A block that raised the level would have come with another one: so it is what it was.
        record.heard?.at = bootTime
        if receipt.outcome == .seeded || receipt.outcome == .reseeded {
            record.hello?.isReady = true
        }
    }

    private func logFed(_ record: PeerRecord, _ receipt: Receipt) {
        guard let heldBack = logLimiter.admit("fed-\(record.peer.number)", now: now) else { return }
        log.info(
            "\(record.kind) fed",
            metadata: [
                "\(record.kind)": "\(record.name.escapedForDisplay)",
                "outcome": "\(receipt.words)", "heldBack": "\(heldBack)",
            ])
    }

    private func markLifted(_ record: GuestRecord, _ receipt: Receipt) {
        record.mark?.outcome = receipt.outcome
        if let mark = record.mark { bookReseed(of: record, mark, receipt) }
        log.notice(
            "guest reseeded",
            metadata: [
                "guest": "\(record.domain.name.escapedForDisplay)", "uuid": "\(record.domain.uuid)",
                "cause": "\(record.mark?.cause.words ?? "mark")", "outcome": "\(receipt.words)",
            ])
    }

    // MARK: Time

    /// Sees to it that `link`'s next deadline is met. One timer a link: one that fires too early
    /// looks again, one that would fire too late is replaced.
    func schedule(_ link: Link) {
        guard !link.isOver, let deadline = link.connection.nextDeadline else { return }
        if let timer = link.timer {
            if timer.deadline <= deadline { return }
            timer.task.cancel()
        }
        let id = link.id
        let delay = TimeAmount.nanoseconds(max(0, (deadline - now).nanoseconds))
        let task = link.channel.eventLoop.assumeIsolated().scheduleTask(in: delay) {
            self.assumeIsolated { $0.tick(id) }
        }
        link.timer = (deadline, task)
    }

    /// Acts on the time on one link.
    func tick(_ id: LinkID) {
        guard let link = links[id] else { return }
        link.timer?.task.cancel()
        link.timer = nil
        if let reason = link.connection.tick(now: now, into: &wire) {
            end(link, reason)
            return
        }
        flush(link)
        schedule(link)
    }

    private func pauseIfTooFast(_ link: Link, byteCount: Int) {
        link.inbound.take(byteCount, now: now)
        let resume = link.inbound.availableAt(1, now: now)
        guard resume > now, !link.isPaused else { return }
        link.isPaused = true
        let id = link.id
        counters.add(
            .events, record(link.peer)?.kind == "host" ? "host-too-fast" : "guest-too-fast")
        if let record = record(link.peer) {
            warn(
                "\(record.kind) talks too much: reading is paused",
                subject: "too-fast-\(record.peer.number)", record, "too-fast")
        }
        _ = link.channel.setOption(.autoRead, value: false)
        let delay = TimeAmount.nanoseconds((resume - now).nanoseconds)
        _ = link.channel.eventLoop.assumeIsolated().scheduleTask(in: delay) {
            self.assumeIsolated { $0.resume(id) }
        }
    }

    private func resume(_ id: LinkID) {
        guard let link = links[id] else { return }
        link.isPaused = false
        _ = link.channel.setOption(.autoRead, value: true)
    }

    // MARK: The end

    /// The transport under a link is gone.
    func lost(_ id: LinkID, _ reason: CloseReason) {
        guard let link = links[id] else { return }
        link.connection.abandon(reason)
        end(link, reason, quietly: true)
    }

    /// Ends `link`: says why unless `quietly`, and books what was in flight as discarded.
    func end(_ link: Link, _ reason: CloseReason, quietly: Bool = false) {
        guard !link.isOver else { return }
        link.isOver = true
        links[link.id] = nil
        givers[link.id] = nil
        link.timer?.task.cancel()
        link.timer = nil
        link.connection.close(reason, into: &wire)
        if !quietly { writeLast(to: link.channel, by: link.outlet) }
        wire.wipe()
        tank.settle(byteCount: mesh.ended(link.peer), delivered: false)
        counters.add(.closed, reason)
        link.channel.close(promise: nil)
        guard let record = record(link.peer), record.link === link else { return }
        record.link = nil
        record.lastClose = reason
        record.isFedOnLink = false
        if let guest = record as? GuestRecord { answerWaiters(of: guest, .disconnected) }
        if let host = record as? HostRecord {
            ended(host, reason, link.failure ?? reason.words(byPeer: false))
        } else if reason != .shutdown {
            warn(
                "agent disconnected", subject: "closed-\(record.peer.number)", record,
                "\(reason.label)")
        }
    }

    func warn(_ what: Logger.Message, subject: String, _ record: PeerRecord, _ why: String) {
        guard let heldBack = logLimiter.admit(subject, now: now) else { return }
        log.warning(
            what,
            metadata: [
                "\(record.kind)": "\(record.name.escapedForDisplay)", "reason": "\(why)",
                "heldBack": "\(heldBack)",
            ])
    }
}
