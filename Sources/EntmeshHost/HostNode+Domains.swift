// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConfig
internal import EntmeshConnection
internal import EntmeshControl
public import EntmeshLibvirt
internal import EntmeshMesh
internal import EntmeshNode
internal import Logging

// What libvirt tells, and what it means for sessions and marks.
extension HostNode {
    /// How many domains that are gone keep their counters.
    private static let mostDepartedDomains = 1024

    /// From here on identities are confirmed with `hypervisor`.
    public func follow(_ hypervisor: Hypervisor) {
        self.hypervisor = hypervisor
        libvirt.state = .connecting
    }

    /// Makes the guests of a fixed roster known.
    public func admit(_ guests: [StaticGuest]) {
        for guest in guests {
            upsert(
                .fixed,
                Domain(
                    uuid: DomainUUID(number: UInt64(guest.cid)), name: guest.name, id: nil,
                    state: .running, guestCID: guest.cid, hasVsock: true))
        }
    }

    /// Takes one update in.
    public func apply(_ update: HypervisorUpdate) {
        switch update {
        case .connected(let domains):
            let isReturn = libvirt.hasConnected
            libvirt.state = .connected
            libvirt.hasConnected = true
            libvirt.lastError = nil
            libvirt.lostSince = nil
            replaceDomains(with: domains)
            if isReturn { markAfterBlindness() }
            log.info("libvirt connected", metadata: ["domains": "\(domains.count)"])
        case .resynced(let domains):
            replaceDomains(with: domains)
        case .event(let event, let domain):
            if let domain { upsert(.libvirt, domain) }
            handle(event)
            if domain == nil { departed(event.uuid) }
        case .unconfirmedEvent(let event):
            handle(event)
            if event.isGone, let record = directory.record(event.uuid) {
                // Its CID may be another's before libvirt can be asked again.
                record.domain = record.domain.shutOff
                record.revision = libvirt.advance()
            }
        case .lost(let reason):
            libvirt.state = .lost
            libvirt.lastError = reason
            libvirt.lostSince = libvirt.lostSince ?? now
            counters.add(.events, "libvirt-lost")
            log.warning("libvirt lost", metadata: ["reason": "\(reason.escapedForDisplay)"])
        }
        pump()
    }

    /// Replaces the map by `domains`.
    func replaceDomains(with domains: [Domain]) {
        let present = Set(domains.map(\.uuid))
        for record in directory.records.values
        where record.isDefined && record.origin == .libvirt && !present.contains(record.domain.uuid)
        {
            departed(record.domain.uuid)
        }
        for domain in domains { upsert(.libvirt, domain) }
    }

    /// A guest that dials a UNIX socket: known by its name alone, unless libvirt knows it too.
    func unixGuest(_ name: String) -> GuestRecord {
        if let known = directory.withName(name), known.origin == .libvirt { return known }
        let number = name.utf8.reduce(UInt64(14_695_981_039_346_656_037)) {
            ($0 ^ UInt64($1)) &* 1_099_511_628_211
        }
        return upsert(
            .fixed,
            Domain(
                uuid: DomainUUID(number: number), name: name, id: nil, state: .running,
                hasVsock: true))
    }

    @discardableResult
    func upsert(_ origin: GuestRecord.Origin, _ domain: Domain) -> GuestRecord {
        let isNew = directory.record(domain.uuid) == nil
        let record = directory.record(for: domain, origin: origin)
        let old = record.domain
        record.domain = domain
        record.revision = libvirt.advance()
        record.isDefined = true
        let isSameMachine = old.id == domain.id && old.guestCID == domain.guestCID
        if let link = record.link, !isSameMachine || !record.isActive { end(link, .domainGone) }
        // A guest that is renamed may be another to the rules.
        if isNew || old.name != domain.name { grant(record) }
        return record
    }

    /// Grants `record` what the rules say now.
    ///
    /// What it may have over time changes under its connection; a change of what is taken from it is
    /// a matter of the hello, so it has to connect again.
    func grant(_ record: GuestRecord) {
        let old = record.settings
        let domain = record.domain
        record.settings = rules.settings(name: domain.name, uuid: "\(domain.uuid)")
        mesh.admit(record.peer, terms: terms(of: record), now: now)
        guard let link = record.link else { return }
        if record.isSwitchedOff {
            end(link, .switchedOff)
        } else if record.settings.trust != old.trust {
            end(link, .shutdown)
        }
    }

    /// What the mesh grants `record`: nothing is drawn from M for somebody who would not take it.
    func terms(of record: PeerRecord) -> Terms {
        let guest = record === ownPool ? nil : record as? GuestRecord
        return Terms(
            outbound: record.isGiven && record.hello?.accepts != .refuse,
            allowance: guest?.settings.allowance ?? .generous)
    }

    private func departed(_ uuid: DomainUUID) {
        guard let record = directory.record(uuid) else { return }
        record.isDefined = false
        record.revision = libvirt.advance()
        if let link = record.link { end(link, .domainGone) }
        let gone = directory.records.values.filter { !$0.isDefined }
        if gone.count > Self.mostDepartedDomains, let one = gone.first {
            book.close(entry(one))
            tank.settle(byteCount: mesh.forget(one.peer), delivered: false)
            directory.remove(one)
        }
    }

    // Events may have been missed while libvirt was away, and with them a live revert, which the
    // guest cannot see. One block each buys certainty.
    private func markAfterBlindness() {
        for record in directory.records.values where record.link != nil {
            mark(record, .unseen, renewsFirstClass: false)
        }
    }

    private func handle(_ event: DomainEvent) {
        guard let record = directory.record(event.uuid) else { return }
        if event.memoryMayHaveRunBefore || event.isReboot {
            memoryChanged(record, event)
        } else if event.isGone {
            if let link = record.link { end(link, .domainGone) }
            record.operationBegan = nil
        } else if case .started = event.kind {
            mesh.started(record.peer, now: now)
            // A mark that still waits for its block keeps its words.
            if !mesh.isMarked(record.peer) { record.mark = nil }
            record.operationBegan = nil
        } else if case .resumed = event.kind {
            record.operationBegan = nil
        }
    }

    // libvirt reports a restore twice, and the guest may be back between the two: only sessions
    // from before the first event end. What begins an operation is a start, a stop of the
    // processors or a reboot; a resume belongs to what began, and ends it.
    private func memoryChanged(_ record: GuestRecord, _ event: DomainEvent) {
        let isResume = if case .resumed = event.kind { true } else { false }
        let ends = isResume && record.operationBegan != nil
        if !ends {
            record.operationBegan = now
            if let link = record.link { end(link, .memoryRestored) }
        }
        let begun = ends ? record.mark : nil
        if isResume || event.isReboot { record.operationBegan = nil }
        mark(record, begun?.cause ?? event.markCause, renewsFirstClass: true)
        // It was back between the two, and fed: one restore is booked once.
        record.mark?.isBooked = begun?.outcome != nil
        log.notice(
            "guest memory may have run before",
            metadata: [
                "guest": "\(record.domain.name.escapedForDisplay)", "uuid": "\(record.domain.uuid)",
                "event": "\(event.kind)",
            ])
    }

    /// Overrides what `record` announces with 0 until a block sent from now on is acknowledged.
    func mark(_ record: GuestRecord, _ cause: GuestRecord.MarkCause, renewsFirstClass: Bool) {
        let waits = record.mark.map { $0.outcome == nil && $0.cause.weight > cause.weight } ?? false
        if !waits || !mesh.isMarked(record.peer) {
            record.mark = GuestRecord.Mark(cause: cause, since: now)
        }
        mesh.mark(record.peer, renewsFirstClass: renewsFirstClass, now: now)
    }
}

extension DomainEvent {
    fileprivate var markCause: GuestRecord.MarkCause {
        if isReboot { return .reset }
        switch kind {
        case .started(.fromSnapshot), .suspended(.fromSnapshot), .resumed(.fromSnapshot):
            return .reverted
        default: return .restored
        }
    }
}
