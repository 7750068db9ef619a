// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import ArgumentParser
internal import EntmeshConnection
internal import EntmeshControl
internal import EntmeshHost

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
    var controlSocket = ControlAPI.defaultSocketPath

    @Option(help: ArgumentHelp("Whose members may read it.", valueName: "group"))
    var group = ControlAPI.groupName

    var listeners: [Listen] {
        var listeners: [Listen] = noVsock ? [] : [.vsock(port: Wire.port)]
        if let ownPoolSocket { listeners.append(.unix(path: ownPoolSocket, peer: .ownPool)) }
        return listeners
            + guestSocket.map { .unix(path: $0.path, peer: .guest(name: $0.name)) }
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
