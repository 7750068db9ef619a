// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConnection
internal import NIOCore

/// Carries what NIO reads on one channel to the node, on the node's own event loop.
///
/// Nothing is written through it (see `Outlet`).
final class LinkHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let node: HostNode
    private let link: LinkID

    init(node: HostNode, link: LinkID) {
        self.node = node
        self.link = link
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        node.assumeIsolated { [link] in $0.received(buffer, on: link) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        node.assumeIsolated { [link] in $0.lost(link, .endOfStream) }
    }

    // A channel that could never be registered ends without becoming inactive; its descriptor must
    // not be written to either.
    func handlerRemoved(context: ChannelHandlerContext) {
        node.assumeIsolated { [link] in $0.lost(link, .endOfStream) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        node.assumeIsolated { [link] in $0.links[link]?.failure = TLSWords.words(for: error) }
        context.close(promise: nil)
    }
}
