// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import ArgumentParser
internal import EntmeshControl
internal import NIOCore

/// What every command takes.
struct SharedOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("The daemon's control socket.", valueName: "path"),
        completion: .file())
    var socket = ControlAPI.defaultSocketPath

    @Option(
        name: [.customShort("c"), .long],
        help: ArgumentHelp(
            """
            Go on only if the daemon asks this libvirt; else the one that LIBVIRT_DEFAULT_URI \
            says, if it says any.
            """, valueName: "uri"), completion: LibvirtOptions.knownURIs)
    var connect: String?

    /// A client of the daemon, once it is known to be the one that is meant.
    ///
    /// - Parameters:
    ///   - deadline: how long each answer may take.
    ///   - end: when the last of all answers must be there.
    func client(
        within deadline: TimeAmount = ControlClient.defaultDeadline,
        until end: NIODeadline = .distantFuture
    ) async throws -> ControlClient {
        let client = ControlClient(path: socket, deadline: deadline, end: end)
        guard let wanted = connect ?? LibvirtOptions.environmentURI else { return client }
        let status: HostStatus = try await client.get(ControlAPI.statusPath)
        guard status.libvirt.uri == wanted else {
            throw CommandError(wanted: wanted, found: status.libvirt.uri)
        }
        return client
    }
}

/// What every command takes that shows something.
struct DisplayOptions: ParsableArguments {
    @Flag(help: "Print JSON instead of a table.")
    var json = false

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            """
            Show again and again, every so many seconds: 2 if none are given, 0.2 at least. Draws \
            over a terminal, else writes a line of JSON a time. Ctrl-C ends it with exit status 0.
            """, valueName: "seconds"))
    var watch: Double?

    /// How often to show it again; nil for once.
    var interval: Double? { watch }

    func validate() throws {
        guard let watch else { return }
        guard (0.2...86_400).contains(watch) else {
            throw ValidationError("--watch takes 0.2 to 86400 seconds")
        }
    }

    /// The arguments with the seconds that `--watch` or `-w` leaves out filled in.
    static func completed(_ arguments: [String]) -> [String] {
        arguments.indices.flatMap { index in
            let argument = arguments[index]
            guard argument == "--watch" || argument == "-w" else { return [argument] }
            let next = index + 1 < arguments.count ? Double(arguments[index + 1]) : nil
            return next == nil ? [argument, "2"] : [argument]
        }
    }
}
