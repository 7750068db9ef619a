// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import ArgumentParser
internal import EntmeshControl

/// `entmesh sources`: what fills the tank, what was not found, and what an operator can do.
struct SourcesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sources",
        abstract: "Show the noise sources; have a failed one begin anew; take raw samples.",
        discussion: """
            CLAIM is the min-entropy that is claimed of a byte, in bits; RATE what the source gives \
            while it is read; IN what was read of it, OUT its part of what went into the tank. \
            --reset and --capture take root.
            """)

    @Option(
        help: ArgumentHelp("Have a source that failed begin anew.", valueName: "name"),
        completion: LiveNames.sources)
    var reset: String?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Write so many raw samples, one a byte, to a file: they are never used.",
            valueName: "name count"), completion: LiveNames.sources)
    var capture: [String] = []

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Where --capture writes; else NAME.raw.", valueName: "file"),
        completion: .file())
    var output: String?

    @OptionGroup var display: DisplayOptions
    @OptionGroup var shared: SharedOptions

    func validate() throws {
        guard capture.isEmpty || capture.count == 2 && (Int(capture[1]) ?? 0) > 0 else {
            throw ValidationError("--capture takes a name and a number of samples: hwrng 1000000")
        }
        guard reset == nil || capture.isEmpty else {
            throw ValidationError("only one of --reset and --capture can be given")
        }
        guard output == nil || !capture.isEmpty else {
            throw ValidationError("--output goes with --capture")
        }
    }

    func run() async throws {
        try await reportingErrors {
            let client = try await shared.client()
            if let reset {
                try await self.reset(reset, client)
            } else if !capture.isEmpty {
                try await capture(from: client)
            } else {
                try await list(client)
            }
        }
    }

    private func list(_ client: ControlClient) async throws {
        try await show(
            display,
            fetch: { try await client.get(ControlAPI.sourcesPath) as SourceList },
            text: { list, terminal in
                SourceTable(list: list, colour: terminal.hasColour).render(width: terminal.width)
            },
            line: { try JSON.line($0) })
    }

    private func reset(_ name: String, _ client: ControlClient) async throws {
        let reply: ResetReply = try await client.post(
            ControlAPI.resetSourcePath, SourceRequest(source: name))
        if display.json {
            print(try JSON.line(reply))
        } else {
            let outcome = reply.hadFailed ? "begins anew" : "has not failed, and is left as it is"
            print("\(reply.source.escapedForDisplay): \(outcome); see: entmesh sources")
        }
    }

    private func capture(from client: ControlClient) async throws {
        let (name, count) = (capture[0], Int(capture[1]) ?? 0)
        let path = output ?? Self.fileName(for: name)
        // Before the samples are read: nobody waits for minutes to learn that there is no place.
        let file = try NewFile(path)
        do {
            let samples = try await client.capture(CaptureRequest(source: name, count: count))
            try file.write(samples)
        } catch {
            file.remove()
            throw error
        }
        print("\(count) raw samples of \(name.escapedForDisplay) are in \(path.escapedForDisplay)")
    }

    private static func fileName(for source: String) -> String {
        String(source.map { $0.isLetter || $0.isNumber || $0 == "-" ? $0 : "_" }) + ".raw"
    }
}
