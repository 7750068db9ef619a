// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConnection
internal import EntmeshControl
internal import EntmeshLibvirt
internal import EntmeshLinux
internal import EntmeshNode
internal import NIOCore

// Who may connect. An identity comes from the transport and from libvirt, never from a frame.
extension HostNode {
    /// The first context ID that can be a guest's (vsock(7)).
    private static let firstGuestCID: UInt32 = 3
    /// How long the last known map serves when libvirt is gone.
    private static let mapOutlivesLibvirt = TimeSpan.seconds(60)

    /// What libvirt answered about a CID.
    enum Identification: Sendable, Equatable {
        case guest(DomainUUID)
        case refused(CloseReason)
    }

    /// Takes a connection that came in over AF_VSOCK.
    func accept(vsock channel: any Channel, descriptor: CInt) {
        guard let address = try? VsockAddress(peerOf: descriptor) else {
            channel.close(promise: nil)
            return
        }
        let cid = address.cid.rawValue
        let who = "cid \(cid)"
        // Before the limit, which is the agent's: no user of the guest may use it up.
        guard address.isPrivileged else {
            refuse(channel, .socket(descriptor), .unprivilegedPeer, who: who)
            return
        }
        guard isWelcome(channel, descriptor, .cid(cid), who: who) else { return }
        guard cid >= Self.firstGuestCID else {
            refuse(channel, .socket(descriptor), .unknownGuest, who: who)
            return
        }
        eventLoop.makeFutureWithTask { await self.identify(cid: cid) }
            .whenSuccess { answer in
                self.assumeIsolated { $0.finishAccept(channel, descriptor, answer, who: who) }
            }
    }

    /// Takes a connection that came in over a UNIX socket.
    func accept(unix channel: any Channel, descriptor: CInt, peer: UnixPeer) {
        switch peer {
        case .ownPool:
            let credentials = try? PeerCredentials(peerOf: descriptor)
            guard let credentials, credentials.userID == 0 else {
                let who = credentials.map { "uid \($0.userID)" } ?? "unknown uid"
                refuse(channel, .socket(descriptor), .unprivilegedPeer, who: who)
                return
            }
            attach(channel, .socket(descriptor), to: ownPool, over: .ownPool)
        case .guest(let name):
            attach(channel, descriptor, toUNIXGuest: name)
        case .namedByPeer:
            guard let name = channel.remoteAddress?.pathname, !name.isEmpty else {
                refuse(channel, .socket(descriptor), .unknownGuest, who: "unnamed peer")
                return
            }
            attach(channel, descriptor, toUNIXGuest: name)
        }
    }

    private func attach(
        _ channel: any Channel, _ descriptor: CInt, toUNIXGuest name: String
    ) {
        guard isWelcome(channel, descriptor, .name(name), who: name) else { return }
        let record = unixGuest(name)
        guard record.isActive else {
            refuse(channel, .socket(descriptor), .unknownGuest, who: name)
            return
        }
        attach(channel, .socket(descriptor), to: record, over: .unixGuest)
    }

    // Nobody may come too often, nor take the last descriptors.
    private func isWelcome(
        _ channel: any Channel, _ descriptor: CInt, _ address: AcceptLimiter.Address, who: String
    ) -> Bool {
        if !acceptLimiter.admit(address, now: now) {
            refuse(channel, .socket(descriptor), .tooManyConnections, who: who)
            return false
        }
        if !descriptorReserve.permits(descriptor) {
            refuse(channel, .socket(descriptor), .outOfResources, who: who)
            return false
        }
        return true
    }

    private func finishAccept(
        _ channel: any Channel, _ descriptor: CInt, _ answer: Identification, who: String
    ) {
        guard channel.isActive else { return }
        switch answer {
        case .refused(let reason):
            refuse(channel, .socket(descriptor), reason, who: who)
        case .guest(let uuid):
            // What libvirt said may have been overtaken by an event.
            guard let record = directory.record(uuid), record.isDefined, record.isActive else {
                refuse(channel, .socket(descriptor), .unknownGuest, who: who)
                return
            }
            attach(channel, .socket(descriptor), to: record, over: .vsock)
        }
    }

    /// Asks the map whose CID this is, and libvirt whether that is still so.
    func identify(cid: UInt32) async -> Identification {
        guard let hypervisor else {
            // A socket that was taken over has guests waiting before anybody asked libvirt. They
            // dial again soon; were they told that nobody knows them, they would rest for long.
            if case .libvirt = configuration.roster { return .refused(.hypervisorUnavailable) }
            return known(cid)
        }
        guard libvirt.isConnected else {
            guard let lost = libvirt.lostSince, now - lost < Self.mapOutlivesLibvirt else {
                return .refused(.hypervisorUnavailable)
            }
            return known(cid)
        }
        do {
            if case .guest(let uuid) = known(cid) {
                let domain = try await hypervisor.domain(
                    uuid: uuid, deadline: configuration.libvirtDeadline)
                if let domain, domain.guestCID == cid { return .guest(uuid) }
            }
            // The event that would tell is still on its way: look for ourselves.
            return try await lookFor(cid, hypervisor)
        } catch .notConnected, .connectionClosed {
            return known(cid)
        } catch {
            counters.add(.events, "libvirt-no-answer")
            return .refused(.hypervisorUnavailable)
        }
    }

    // One look at all domains serves everybody who waits for one. Who came while one was under way
    // may have started after it: he gets a second.
    private func lookFor(
        _ cid: UInt32, _ hypervisor: Hypervisor
    ) async throws(HypervisorError) -> Identification {
        if libvirt.wasMissed(cid, now: now) { return .refused(.unknownGuest) }
        if let underWay = libvirt.look {
            let answer = owner(ofCID: cid, in: try await underWay.domains(), underWay)
            if answer != .refused(.unknownGuest) { return answer }
        }
        let look = libvirt.look ?? begin(hypervisor)
        let answer = owner(ofCID: cid, in: try await look.domains(), look)
        if answer == .refused(.unknownGuest) { libvirt.miss(cid, now: now) }
        return answer
    }

    private func begin(_ hypervisor: Hypervisor) -> LibvirtView.Look {
        let look = LibvirtView.Look(
            revision: libvirt.revision,
            task: Task {
                defer { libvirt.look = nil }
                do throws(HypervisorError) {
                    return .success(
                        try await hypervisor.domains(deadline: configuration.libvirtDeadline))
                } catch {
                    return .failure(error)
                }
            })
        libvirt.look = look
        return look
    }

    /// Whose `cid` is by what `look` saw. What an event told since it began is newer; who had it
    /// before and is not seen with it any more has lost it.
    func owner(
        ofCID cid: UInt32, in domains: [Domain], _ look: LibvirtView.Look
    ) -> Identification {
        let owners = domains.filter { $0.isActive && $0.guestCID == cid }
        for record in directory.records.values
        where record.origin == .libvirt && record.domain.guestCID == cid
            && record.revision <= look.revision
            && !owners.contains(where: { $0.uuid == record.domain.uuid })
        {
            upsert(.libvirt, record.domain.shutOff)
        }
        guard let owner = owners.first else { return known(cid) }
        guard owners.count == 1 else { return .refused(.ambiguousGuest) }
        if let record = directory.record(owner.uuid), record.revision > look.revision {
            return known(cid)
        }
        upsert(.libvirt, owner)
        return .guest(owner.uuid)
    }

    private func known(_ cid: UInt32) -> Identification {
        switch directory.owner(ofCID: cid) {
        case .one(let record): .guest(record.domain.uuid)
        case .several: .refused(.ambiguousGuest)
        case .none: .refused(.unknownGuest)
        }
    }
}
