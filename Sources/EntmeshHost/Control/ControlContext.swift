// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import Hummingbird
internal import NIOCore
internal import NIOPosix

/// One request on the control socket, with who sends it.
struct ControlContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }

    // A request is a few words: nothing longer is read.
    var maxUploadSize: Int { 4096 }

    /// The peer, asked of the kernel again: the connection is the same, so the answer is too.
    func credentials() async -> Operator? {
        try? await channel.eventLoop.submit { [channel] in
            try Self.credentials(of: channel)
        }.get()
    }

    /// The peer of `channel`; call on its event loop.
    static func credentials(of channel: any Channel) throws -> Operator? {
        let descriptor = try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self
        ) { $0 }
        return descriptor.flatMap { Operator(descriptor: $0) }
    }
}
