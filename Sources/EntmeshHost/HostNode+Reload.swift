// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

public import EntmeshConfig
internal import EntmeshConnection
internal import EntmeshControl
internal import Logging

// What of the configuration can change while guests are connected.
extension HostNode {
    /// Grants every guest what the settings say, takes from the host's own pool as they say, and has
    /// the hosts that they name for peers. Nobody is disconnected but those who are switched off, and
    /// those to whom something else is given, or from whom something else is taken, than before.
    ///
    /// - Parameter identity: as whom to speak to other hosts from the next handshake on; nil for
    ///   nobody.
    public func reload(_ settings: HostSettings, identity: PeerTLS?) {
        rules = settings.guests
        reloadProblem = nil
        for record in directory.records.values { grant(record) }
        if ownPool.settings.trust != settings.ownPoolTrust {
            ownPool.settings.trust = settings.ownPoolTrust
            if let link = ownPool.link { end(link, .shutdown) }
        }
        if let identity { self.identity = identity }
        replacePeers(by: settings.peers.hosts)
        log.notice("configuration reloaded")
        pump()
    }

    /// What an administrator should know of the last reload, until the next.
    public func note(_ text: String) {
        log.warning("\(text)")
        reloadProblem = text
    }

    /// A reload was refused, and everything stays as it is: `problem` says why.
    public func refuseReload(_ problem: String) {
        counters.add(.events, "reload-refused")
        log.error("reload refused", metadata: ["reason": "\(problem.escapedForDisplay)"])
        reloadProblem = "the configuration was not reloaded: \(problem.escapedForDisplay)"
    }
}
