// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshMesh
internal import NIOCore
internal import NIOTLS

/// Waits until TLS has told who is at the other end, and hands the channel to the node then.
final class PeerGreeter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    /// What the TLS layer negotiates (RFC 7301), so that no other protocol of the same CA is
    /// mistaken for this one.
    static let applicationProtocol = "entmesh/1"
    /// How long TLS may take; the protocol's own handshake comes after it.
    private static let deadline = TimeAmount.seconds(5)

    private let node: HostNode
    private let dialled: PeerID?
    private let verdict: PeerVerdict
    private var timer: Scheduled<Void>?
    private var isDone = false

    /// - Parameters:
    ///   - dialled: whom we dialled; nil if they did.
    ///   - verdict: where the check of the certificate leaves its result.
    init(node: HostNode, dialled: PeerID?, verdict: PeerVerdict) {
        self.node = node
        self.dialled = dialled
        self.verdict = verdict
    }

    // Of an accepted channel before, of one that dials after this is added: its connecting has a
    // deadline of its own.
    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { startTimer(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        if timer == nil { startTimer(context) }
        context.fireChannelActive()
    }

    private func startTimer(_ context: ChannelHandlerContext) {
        let channel = context.channel
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: Self.deadline) { [self] in
            fail(channel, "no TLS handshake within 5 s")
        }
    }

    // A channel that could never be registered ends without becoming inactive. One that never
    // connected, whoever dialled it is told of by itself.
    func handlerRemoved(context: ChannelHandlerContext) {
        guard timer != nil || dialled == nil else { return }
        fail(context.channel, "it closed the connection during the TLS handshake")
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        context.fireUserInboundEventTriggered(event)
        guard !isDone, case .handshakeCompleted(let negotiated) = event as? TLSUserEvent else {
            return
        }
        guard negotiated == Self.applicationProtocol, let name = verdict.name else {
            fail(context.channel, "it does not speak \(Self.applicationProtocol)")
            return
        }
        finish()
        node.assumeIsolated { [channel = context.channel, dialled] node in
            node.greeted(channel, name: name, dialled: dialled)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard !isDone else {
            context.fireErrorCaught(error)
            return
        }
        fail(context.channel, verdict.problem ?? TLSWords.words(for: error))
    }

    func channelInactive(context: ChannelHandlerContext) {
        if !isDone { fail(context.channel, "it closed the connection during the TLS handshake") }
        context.fireChannelInactive()
    }

    private func finish() {
        isDone = true
        timer?.cancel()
    }

    private func fail(_ channel: any Channel, _ why: String) {
        guard !isDone else { return }
        finish()
        channel.close(promise: nil)
        node.assumeIsolated { [dialled] node in
            node.handshakeFailed(channel, why, dialled: dialled)
        }
    }
}
