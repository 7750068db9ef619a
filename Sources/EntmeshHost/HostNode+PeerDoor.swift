// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConnection
internal import EntmeshMesh
internal import EntmeshNode
internal import Glibc
internal import Logging
internal import NIOCore

// Which other hosts are let in. A name comes from a certificate, never from a frame.
extension HostNode {
    /// How many may be in a TLS handshake at once: strangers must not take the memory, nor the
    /// descriptors, of those who are known.
    static let mostHandshakes = 64
    /// How much of why a handshake failed is in our own words, in characters.
    private static let ownWords = 24

    /// Takes a connection that came in: who it is, TLS has yet to show.
    ///
    /// - Throws: when it is turned away; the channel is closed then.
    func welcome(_ channel: any Channel, descriptor: CInt) throws {
        let who = channel.remoteAddress.peerNetwork
        guard isOpenToPeers, let identity else { throw turnedAway(.shutdown, who) }
        guard handshakes < Self.mostHandshakes,
            peerAcceptLimiter.admit(.name(who), now: now)
        else { throw turnedAway(.tooManyConnections, who) }
        guard descriptorReserve.permits(descriptor) else { throw turnedAway(.outOfResources, who) }
        try identity.prepare(channel, node: self, dialled: nil)
        handshakes += 1
    }

    private func turnedAway(_ reason: CloseReason, _ who: String) -> any Error {
        counters.add(.refused, reason)
        if let heldBack = logLimiter.admit("door-\(reason.label)", now: now) {
            log.warning(
                "host turned away",
                metadata: [
                    "address": "\(who)", "reason": "\(reason.label)", "heldBack": "\(heldBack)",
                ])
        }
        return ChannelError.operationUnsupported
    }

    /// TLS has shown that `name` is at the other end of `channel`.
    func greeted(_ channel: any Channel, name: String, dialled: PeerID?) {
        handshakeEnded(dialled)
        guard isOpenToPeers, let identity else {
            channel.close(promise: nil)
            return
        }
        guard let record = peers.named(name) else {
            refuse(channel, .pipeline, .unknownHost, who: name)
            return
        }
        let dialler = dialled == nil ? Dialler.them : .us
        if record.link != nil {
            let tie = TieBreak(
                ownName: identity.ownName, peerName: name, old: record.dialledBy, new: dialler,
                age: record.openSince.map { now - $0 })
            guard tie == .new else {
                let reason = tie == .old ? CloseReason.replaced : .duplicateHost
                refuse(channel, .pipeline, reason, who: name)
                return
            }
        }
        record.dialledBy = dialler
        let isCredited = record.trust == .credit
        attach(channel, .pipeline, to: record, as: isCredited ? .creditedHost : .host)
    }

    /// `channel` ended before TLS could show who is at its other end.
    func handshakeFailed(_ channel: any Channel, _ why: String, dialled: PeerID?) {
        handshakeEnded(dialled)
        if let dialled {
            dialFailed(dialled, why)
            return
        }
        counters.add(.refused, "peer-handshake")
        let who = channel.remoteAddress.peerNetwork
        // The beginning is ours, the rest may be in the stranger's own words: they get no line of
        // their own.
        let subject = "handshake-\(who)-\(why.prefix(Self.ownWords))"
        guard let heldBack = logLimiter.admit(subject, now: now) else { return }
        log.warning(
            "host refused",
            metadata: ["address": "\(who)", "reason": "\(why)", "heldBack": "\(heldBack)"])
    }

    private func handshakeEnded(_ dialled: PeerID?) {
        if let dialled {
            peers.record(dialled)?.isDialling = false
        } else {
            handshakes -= 1
        }
    }
}

extension SocketAddress? {
    /// Whose limits count: an IPv4 address, or the half of an IPv6 address that names a network, for
    /// whoever has one of those has all addresses in it (RFC 4291 section 2.5.4).
    var peerNetwork: String {
        guard let text = self?.ipAddress else { return "unknown address" }
        var bytes = [UInt8](repeating: 0, count: 16)
        guard inet_pton(AF_INET6, text, &bytes) == 1 else { return text }
        return bytes.prefix(8).map { String($0, radix: 16) }.joined(separator: ".") + "/64"
    }
}
