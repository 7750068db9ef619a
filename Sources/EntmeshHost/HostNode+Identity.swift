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
    /// How often an unknown CID may cause all domains to be read anew.
    private static let resyncInterval = TimeSpan.seconds(1)

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
        guard isWelcome(channel, descriptor, .cid(cid), who: who) else { return }
        guard address.isPrivileged else {
            refuse(channel, descriptor, .unprivilegedPeer, who: who)
            return
        }
        guard cid >= Self.firstGuestCID else {
            refuse(channel, descriptor, .unknownGuest, who: who)
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
                refuse(channel, descriptor, .unprivilegedPeer, who: who)
                return
            }
            attach(channel, descriptor: descriptor, to: ownPool)
        case .guest(let name):
            attach(channel, descriptor, toUNIXGuest: name)
        case .namedByPeer:
            guard let name = channel.remoteAddress?.pathname, !name.isEmpty else {
                refuse(channel, descriptor, .unknownGuest, who: "unnamed peer")
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
            refuse(channel, descriptor, .unknownGuest, who: name)
            return
        }
        attach(channel, descriptor: descriptor, to: record)
    }

    // Nobody may come too often, nor take the last descriptors.
    private func isWelcome(
        _ channel: any Channel, _ descriptor: CInt, _ address: AcceptLimiter.Address, who: String
    ) -> Bool {
        if !acceptLimiter.admit(address, now: now) {
            refuse(channel, descriptor, .tooManyConnections, who: who)
            return false
        }
        if !descriptorReserve.permits(descriptor) {
            refuse(channel, descriptor, .outOfResources, who: who)
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
            refuse(channel, descriptor, reason, who: who)
        case .guest(let uuid):
            // What libvirt said may have been overtaken by an event.
            guard let record = directory.record(uuid), record.isDefined, record.isActive else {
                refuse(channel, descriptor, .unknownGuest, who: who)
                return
            }
            attach(channel, descriptor: descriptor, to: record)
        }
    }

    /// Asks the map whose CID this is, and libvirt whether that is still so.
    func identify(cid: UInt32) async -> Identification {
        guard let hypervisor else { return known(cid) }
        guard libvirt.isConnected else {
            guard let lost = libvirt.lostSince, now - lost < Self.mapOutlivesLibvirt else {
                return .refused(.hypervisorUnavailable)
            }
            return known(cid)
        }
        do {
            if case .guest(let uuid) = known(cid) {
                let domain = try await hypervisor.domain(uuid: uuid)
                if let domain, domain.guestCID == cid { return .guest(uuid) }
            }
            // The event that would tell is still on its way: look for ourselves.
            if now - libvirt.lastResync >= Self.resyncInterval {
                libvirt.lastResync = now
                replaceDomains(with: try await hypervisor.domains(deadline: .seconds(2)))
            }
            return known(cid)
        } catch .notConnected, .connectionClosed {
            return known(cid)
        } catch {
            counters.add(.events, "libvirt-no-answer")
            return .refused(.hypervisorUnavailable)
        }
    }

    private func known(_ cid: UInt32) -> Identification {
        switch directory.owner(ofCID: cid) {
        case .one(let record): .guest(record.domain.uuid)
        case .several: .refused(.ambiguousGuest)
        case .none: .refused(.unknownGuest)
        }
    }
}
