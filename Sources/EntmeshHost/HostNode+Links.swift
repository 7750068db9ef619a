// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CEntmeshLinux
internal import CZeroize
internal import EntmeshConfig
internal import EntmeshConnection
internal import EntmeshControl
internal import EntmeshLibvirt
internal import EntmeshMesh
internal import EntmeshNode
internal import EntmeshSources
internal import Logging
internal import NIOCore

// The life of a connection: attached, fed with bytes, flushed, timed, ended.
extension HostNode {
    /// Makes `channel` the connection of `record`, in place of any older one.
    func attach(
        _ channel: any Channel, descriptor: CInt, to record: GuestRecord,
        over transport: GuestRecord.Transport
    ) {
        if record.isSwitchedOff {
            refuse(channel, descriptor, .switchedOff, who: record.domain.name)
            return
        }
        if let older = record.link { end(older, .replaced) }
        nextLink += 1
        let link = Link(
            id: LinkID(number: nextLink), channel: channel, descriptor: descriptor,
            peer: record.peer, hello: hello(to: record),
            inbound: record === ownPool && record.settings.trust != .refuse
                ? .generous : Link.inboundAllowance,
            now: now)
        do {
            try channel.pipeline.syncOperations.addHandler(LinkHandler(node: self, link: link.id))
        } catch {
            channel.close(promise: nil)
            return
        }
        links[link.id] = link
        record.link = link
        record.transport = transport
        if record.settings.trust != .refuse { givers[link.id] = record }
        record.mixed.connectionBegan()
        record.isFedOnLink = false
        record.heard = nil
        link.connection.start(now: now, into: &wire)
        flush(link)
        schedule(link)
        _ = channel.setOption(.autoRead, value: true)
    }

    private func hello(to record: GuestRecord) -> Hello {
        Hello(
            kind: .buffer, capacity: UInt32(clamping: tank.capacity), sends: true,
            accepts: record.settings.trust, isReady: true,
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
        if !link.isOver { pauseIfTooFast(link, byteCount: buffer.readableBytes) }
        schedule(link)
        pump()
    }

    // What a peer gave us must not stay in NIO's pooled buffer, and a copy to wipe would leave the
    // original: so the pool's memory itself is overwritten.
    private func wipe(_ buffer: ByteBuffer) {
        buffer.withUnsafeReadableBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            entmesh_wipe(UnsafeMutableRawPointer(mutating: base), bytes.count)
        }
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
            record.status = status
            record.hello?.isReady = status.isReady
            mesh.heard(isReady: status.isReady, from: link.peer, now: now)
        case .closed(let reason, let byPeer):
            end(link, reason, quietly: byPeer)
            return false
        }
        return true
    }

    private func heard(_ level: FillLevel, on link: Link, _ record: GuestRecord) {
        let flaps = mesh.totals(of: link.peer).flaps
        record.heard = (level, bootTime)
        mesh.heard(level, from: link.peer, now: now)
        guard mesh.totals(of: link.peer).flaps > flaps else { return }
        counters.add(.events, "flapping")
        warn(
            "guest's level falls faster than any pool goes stale",
            subject: "flapping-\(record.peer.number)", record, "flapping")
    }

    private func opened(_ hello: Hello, on link: Link, _ record: GuestRecord) {
        // A buffer is given more at once than a pool: that is nothing for a guest to ask for.
        guard hello.kind == .pool || record === ownPool else {
            end(link, .unexpectedMessage)
            return
        }
        record.hello = hello
        record.hasEverConnected = true
        mesh.admit(link.peer, terms: terms(of: record), now: now)
        mesh.opened(link.peer, hello: hello, now: now)
        if hello.occasion == .transportReset { counters.add(.events, "guest-transport-reset") }
        link.connection.announce(level(for: record), into: &wire)
        guard let heldBack = logLimiter.admit("opened-\(record.peer.number)", now: now) else {
            return
        }
        log.info(
            "agent connected",
            metadata: [
                "guest": "\(record.domain.name.escapedForDisplay)",
                "agent": "\(hello.agentVersion)",
                "ready": "\(hello.isReady)", "occasion": "\(hello.occasion)",
                "heldBack": "\(heldBack)",
            ])
    }

    private func acknowledged(_ receipt: Receipt, _ byteCount: Int, _ record: GuestRecord) {
        let wasMarked = mesh.isMarked(record.peer)
        tank.settle(byteCount: byteCount, delivered: receipt.outcome.isDelivery)
        mesh.acknowledged(receipt, byteCount: byteCount, by: record.peer, now: now)
        counters.add(.receipts, receipt.outcome.words)
        guard receipt.outcome.isDelivery else {
            record.lastRefusal = receipt
            answerWaiters(of: record, receipt)
            warn(
                "guest refuses entropy", subject: "refusal-\(record.peer.number)", record,
                receipt.words)
            return
        }
        let isFirst = !record.isFedOnLink
        delivered(receipt, to: record)
        // Whoever waits comes before the log, which may be slow.
        let isMarked = mesh.isMarked(record.peer)
        if !isMarked { answerWaiters(of: record, receipt) }
        if isFirst { logFed(record, receipt) }
        if wasMarked, !isMarked { markLifted(record, receipt) }
    }

    private func delivered(_ receipt: Receipt, to record: GuestRecord) {
        record.isFedOnLink = true
        record.lastRefusal = nil
        record.lastDelivery = .init(outcome: receipt.outcome, bootTime: bootTime)
        // A block that raised the level would have come with another one: so it is what it was.
        record.heard?.at = bootTime
        if receipt.outcome == .seeded || receipt.outcome == .reseeded {
            record.hello?.isReady = true
        }
    }

    private func logFed(_ record: GuestRecord, _ receipt: Receipt) {
        guard let heldBack = logLimiter.admit("fed-\(record.peer.number)", now: now) else { return }
        log.info(
            "guest fed",
            metadata: [
                "guest": "\(record.domain.name.escapedForDisplay)",
                "outcome": "\(receipt.words)", "heldBack": "\(heldBack)",
            ])
    }

    private func markLifted(_ record: GuestRecord, _ receipt: Receipt) {
        record.mark?.outcome = receipt.outcome
        log.notice(
            "guest reseeded",
            metadata: [
                "guest": "\(record.domain.name.escapedForDisplay)", "uuid": "\(record.domain.uuid)",
                "cause": "\(record.mark?.cause.words ?? "mark")", "outcome": "\(receipt.words)",
            ])
    }

    // MARK: Bytes out

    /// Writes what waits in the buffer to `link`'s socket, once. A write that does not take all of
    /// it ends the connection: what is left is wiped and counts as discarded.
    func flush(_ link: Link) {
        let sent = write(to: link.descriptor)
        guard !wire.isEmpty else { return }
        wire.wipe()
        // Not a word more: it would be taken for the missing part of the frame that was cut off.
        let isStalled = sent >= 0 || sent == -Int(entmesh_EAGAIN)
        end(link, isStalled ? .writeStalled : .endOfStream, quietly: true)
    }

    // The descriptor is NIO's and non-blocking; NIO itself never writes to it. Returns how many
    // bytes were sent, or a negated errno.
    private func write(to descriptor: CInt) -> Int {
        var sent = 0
        wire.drain { bytes in
            if !bytes.isEmpty {
                sent = Int(entmesh_send(descriptor, bytes.baseAddress, bytes.count))
            }
            return sent
        }
        return sent
    }

    /// Turns a stranger away, with a reason it can read.
    func refuse(_ channel: any Channel, _ descriptor: CInt, _ reason: CloseReason, who: String) {
        counters.add(.refused, reason)
        if let heldBack = logLimiter.admit("refused-\(who)-\(reason.label)", now: now) {
            log.warning(
                "connection refused",
                metadata: [
                    "peer": "\(who.escapedForDisplay)", "reason": "\(reason.label)",
                    "heldBack": "\(heldBack)",
                ])
        }
        wire.appendRefusal(reason)
        _ = write(to: descriptor)
        wire.wipe()
        channel.close(promise: nil)
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
        counters.add(.events, "guest-too-fast")
        if let record = record(link.peer) {
            warn(
                "guest talks too much: reading is paused",
                subject: "too-fast-\(record.peer.number)", record, "guest-too-fast")
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
        if !quietly { _ = write(to: link.descriptor) }
        wire.wipe()
        tank.settle(byteCount: mesh.ended(link.peer), delivered: false)
        counters.add(.closed, reason)
        link.channel.close(promise: nil)
        guard let record = record(link.peer), record.link === link else { return }
        record.link = nil
        record.lastClose = reason
        record.isFedOnLink = false
        answerWaiters(of: record, .disconnected)
        if reason != .shutdown {
            warn(
                "agent disconnected", subject: "closed-\(record.peer.number)", record,
                "\(reason.label)")
        }
    }

    // MARK: Receiving

    private func accept(
        _ entropy: consuming Entropy, sequence: UInt32, from record: GuestRecord, on link: Link
    ) {
        let outcome: Receipt.Outcome
        switch record.settings.trust {
        case .refuse: outcome = .discarded
        case .mix:
            if entropy.byteCount >= Wire.poolBlock { record.mixed.injected(bootTime: bootTime) }
            inbound.mix(entropy)
            outcome = .mixed
        case .credit:
            if let block = inbound.credit(entropy) { inflow.add(tank.deposit(block), at: now) }
            outcome = .accepted
        }
        announceLevel(to: link, cause: .deposit)
        link.connection.acknowledge(
            Receipt(sequence: sequence, outcome: outcome), into: &wire)
    }

    /// What we tell whoever gives to us: how full M is, or, where what they give is only mixed, how
    /// long ago that was.
    private func level(for record: GuestRecord) -> FillLevel {
        record.settings.trust == .mix ? record.mixed.level(bootTime: bootTime) : tank.fillLevel
    }

    /// Tells whoever gives to us how full M is, where that is due.
    func announceLevel(cause: LevelAnnouncer.Cause) {
        // A block changes the level seldom, and there can be many who give.
        guard cause != .deposit || levelTold != tank.fillLevel else { return }
        levelTold = tank.fillLevel
        for record in givers.values {
            guard let link = record.link else { continue }
            announceLevel(to: link, cause: cause)
            flush(link)
        }
    }

    func announceLevel(to link: Link, cause: LevelAnnouncer.Cause) {
        guard let record = givers[link.id], link.connection.isOpen else { return }
        let level = level(for: record)
        if LevelAnnouncer.isDue(level, last: link.connection.announcedLevel, cause: cause) {
            link.connection.announce(level, into: &wire)
        }
    }

    private func warn(_ what: Logger.Message, subject: String, _ record: GuestRecord, _ why: String)
    {
        guard let heldBack = logLimiter.admit(subject, now: now) else { return }
        log.warning(
            what,
            metadata: [
                "guest": "\(record.domain.name.escapedForDisplay)", "reason": "\(why)",
                "heldBack": "\(heldBack)",
            ])
    }
}
