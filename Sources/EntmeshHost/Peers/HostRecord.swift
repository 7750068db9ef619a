// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConfig
internal import EntmeshConnection
internal import EntmeshMesh
internal import EntmeshNode
internal import EntmeshSources
internal import NIOCore

/// Which end of a link between hosts dialled.
enum Dialler: String {
    case us, them
}

/// One other host.
final class HostRecord: PeerRecord {
    var settings: PeerHost
    /// Which end dialled the live connection.
    var dialledBy = Dialler.them
    /// Whether a dial is under way.
    var isDialling = false
    /// The next dial, if one is waited for.
    var redial: Scheduled<Void>?
    var delay = ReconnectDelay()
    /// Why the last attempt or connection failed; stays until the next that is good.
    var lastError: String?
    /// Since when the live connection can be used.
    private(set) var openSince: Moment?

    init(peer: PeerID, settings: PeerHost) {
        self.settings = settings
        super.init(peer: peer)
    }

    override var name: String { settings.name }
    override var kind: String { "host" }
    override var configuredTrust: InboundTrust { settings.trust }
    override var creditAtMost: EntropyClaim { settings.creditAtMost }
    override var isGiven: Bool { settings.sends }

    override func mayBe(_ hello: Hello) -> Bool { hello.kind == .buffer }

    /// Its hello came.
    func opened(at now: Moment) {
        openSince = now
        lastError = nil
        delay.reset()
    }

    /// Its connection ended.
    func ended(_ why: String) {
        openSince = nil
        lastError = why
    }
}
