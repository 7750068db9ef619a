// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import ArgumentParser
internal import EntmeshConfig

/// Where the daemon listens.
struct SocketOptions: ParsableArguments {
    @Flag(help: "Do not listen on AF_VSOCK.")
    var noVsock = false

    @Option(
        help: ArgumentHelp(
            "Where the agent of the host's own pool dials in.", valueName: "path"))
    var ownPoolSocket: String?

    @Option(
        help: ArgumentHelp(
            "A UNIX socket that is one guest's, as Firecracker presents it; repeatable.",
            valueName: "name=path"))
    var guestSocket: [NamedPath] = []

    @Option(help: ArgumentHelp("The control socket.", valueName: "path"))
    var controlSocket: String?

    @Option(help: ArgumentHelp("Whose members may read it.", valueName: "group"))
    var group: String?

    /// Puts what is said here in place of what `settings` say.
    func override(_ settings: inout HostSettings) {
        if noVsock { settings.listen.vsock = false }
        if let ownPoolSocket { settings.listen.ownPool = ownPoolSocket }
        if !guestSocket.isEmpty {
            settings.listen.guestSockets = guestSocket.map { .init(name: $0.name, path: $0.path) }
        }
        if let controlSocket { settings.control.path = controlSocket }
        if let group { settings.control.group = group }
    }
}

/// `NAME=PATH`.
struct NamedPath: ExpressibleByArgument {
    let name: String
    let path: String

    init?(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        name = String(parts[0])
        path = String(parts[1])
    }
}
