// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshControl

extension HostStatus {
    /// The state in one line, for `systemctl status`: what is connected and what is wrong.
    var line: String {
        var parts = [
            guestsConnected == 1 ? "1 guest" : "\(guestsConnected) guests", "tank \(tank.level) %",
            sourcesLine,
        ]
        if libvirt.state == "lost" { parts.append("libvirt lost") }
        if !warnings.isEmpty {
            parts.append(
                warnings.count == 1
                    ? "1 warning: entmesh status" : "\(warnings.count) warnings: entmesh status")
        }
        return parts.joined(separator: ", ")
    }

    private var sourcesLine: String {
        let bad = sources.filter { !$0.isHealthy }
        let good = sources.count - bad.count
        let line = good == 1 ? "1 source ok" : "\(good) sources ok"
        guard let first = bad.first else { return line }
        // The whole reason is in `entmesh sources`.
        let word = first.state.prefix { $0 != ":" }
        let others = bad.count > 1 ? " and others" : ""
        return "\(line), \(bad.count) not: \(first.name) \(word)\(others)"
    }
}
