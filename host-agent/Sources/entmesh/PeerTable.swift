// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshControl

/// The table of `entmesh peers`, and below it what is wrong.
struct PeerTable {
    let list: PeerList
    let colour: Bool

    func render(width: Int) -> String {
        guard !list.peers.isEmpty else {
            return " no peers: name other hosts under 'peers:' in host.yaml, see docs/peers.md"
        }
        var table = Table([
            .init("Name", shrinksTo: 8), .init("State"), .init("Sends"), .init("Takes"),
            .init("Theirs", .right), .init("Ours", .right), .init("Sent", .right),
            .init("Received", .right), .init("Since", .right),
        ])
        table.rows = list.peers.map(cells)
        let lines = table.render(width: width).split(
            separator: "\n", omittingEmptySubsequences: false)
        let rows = zip(lines.indices, lines).map { index, line in
            index < 2 ? String(line) : paint(String(line), list.peers[index - 2])
        }
        return (rows + notes).joined(separator: "\n")
    }

    private func cells(_ peer: PeerRow) -> [String] {
        [
            peer.name.escapedForDisplay, peer.state.rawValue, peer.sends ? "yes" : "no",
            peer.receives.escapedForDisplay, level(peer.theirLevel), level(peer.ourLevel),
            Words.bytes(peer.sentBytes), Words.bytes(peer.receivedBytes),
            peer.sinceSeconds.map { Words.age(seconds: $0) } ?? "-",
        ]
    }

    private func level(_ percent: Int?) -> String {
        percent.map { "\($0)" } ?? "-"
    }

    private var notes: [String] {
        list.peers.flatMap { peer in
            var lines: [String] = []
            let name = peer.name.escapedForDisplay
            if peer.isFaulty {
                lines.append(
                    " \(name): what it gives is faulty; once it is mended: "
                        + "entmesh peers --reset \(name)")
            }
            if let error = peer.lastError { lines.append(" \(name): \(error.escapedForDisplay)") }
            if peer.kind == .ownPool, peer.receivedBytes > 0 {
                lines.append(" \(name): gives from this kernel's own generator, not hardware")
            }
            return lines
        } + [keyExchange].compactMap(\.self)
    }

    private var keyExchange: String? {
        list.peers.lazy.compactMap(\.keyExchange).first.map {
            " this host is \(list.ownName?.escapedForDisplay ?? "not ready"); key exchange: \($0)"
        }
    }

    private func paint(_ line: String, _ peer: PeerRow) -> String {
        guard colour else { return line }
        let code =
            switch peer.state {
            case .connected: "32"
            case .connecting, .waiting, .off: "33"
            case .failed: "31"
            }
        return "\u{1B}[\(code)m\(line)\u{1B}[0m"
    }
}
