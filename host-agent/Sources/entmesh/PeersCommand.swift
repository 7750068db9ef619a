// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import ArgumentParser
internal import EntmeshControl

/// `entmesh peers`: the other hosts, and the host's own pool where it gives.
struct PeersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "peers",
        abstract: "Show the other hosts that this one feeds, or is fed by.",
        discussion: """
            SENDS is whether the peer is given entropy; TAKES what is done with what it gives: \
            refuse, mix (added, and credited with nothing) or credit. THEIRS is the level it told, \
            OURS the one it was told. The key exchange is the one that is configured: there is no \
            other. --reset takes root.
            """)

    @Option(
        help: ArgumentHelp(
            "Take from a peer again whose entropy was found faulty.", valueName: "name"),
        completion: LiveNames.peers)
    var reset: String?

    @OptionGroup var display: DisplayOptions
    @OptionGroup var shared: SharedOptions

    func run() async throws {
        try await reportingErrors {
            let client = try await shared.client()
            if let reset {
                try await self.reset(reset, client)
            } else {
                try await list(client)
            }
        }
    }

    private func list(_ client: ControlClient) async throws {
        try await show(
            display,
            fetch: { try await client.get(ControlAPI.peersPath) as PeerList },
            text: { list, terminal in
                PeerTable(list: list, colour: terminal.hasColour).render(width: terminal.width)
            },
            line: { try JSON.line($0) })
    }

    private func reset(_ name: String, _ client: ControlClient) async throws {
        let reply: PeerResetReply = try await client.post(
            ControlAPI.resetPeerPath, PeerRequest(peer: name))
        if display.json {
            print(try JSON.line(reply))
        } else {
            let outcome =
                reply.hadFailed ? "is taken from again" : "was not faulty, and is left as it is"
            print("\(reply.peer.escapedForDisplay): \(outcome); see: entmesh peers")
        }
    }
}
