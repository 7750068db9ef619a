// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

public import EntmeshConfig
public import EntmeshConnection
internal import EntmeshControl
internal import Logging

// What of the configuration can change while guests are connected.
extension HostNode {
    /// Grants every guest what `rules` say, and takes from the host's own pool as `ownPoolTrust`
    /// says. Nobody is disconnected but those who are switched off, and those of whom something else
    /// is taken than before.
    public func reload(rules: GuestRules, ownPoolTrust: InboundTrust) {
        self.rules = rules
        reloadProblem = nil
        for record in directory.records.values { grant(record) }
        if ownPool.settings.trust != ownPoolTrust {
            ownPool.settings.trust = ownPoolTrust
            if let link = ownPool.link { end(link, .shutdown) }
        }
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
