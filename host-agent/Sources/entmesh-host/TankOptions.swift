// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import ArgumentParser
internal import EntmeshConfig
internal import EntmeshConnection
internal import EntmeshSources

/// The tank, and what fills it.
struct TankOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Size of the tank, in bytes.", valueName: "bytes"))
    var tankSize: Int?

    @Option(
        help: ArgumentHelp(
            """
            A source to use, instead of all that are found: hwrng, rdseed, tpm, kernel, \
            device=PATH or egd=PATH; repeatable.
            """, valueName: "kind"))
    var source: [NamedSource] = []

    @Option(help: "What to do with entropy the host's own pool gives: refuse, mix or credit.")
    var ownPool: OwnPoolTrust?

    @Flag(help: "Go on with memory that may reach swap.")
    var allowUnlockedMemory = false

    func validate() throws {
        let allowed = TankSettings.allowedByteCount
        guard tankSize.map({ allowed.contains($0) }) ?? true else {
            throw ValidationError(
                "--tank-size must be from \(allowed.lowerBound) to \(allowed.upperBound) bytes")
        }
        guard Set(source.map(\.settings.name)).count == source.count else {
            throw ValidationError("a --source is there twice")
        }
    }

    /// Puts what is said here in place of what `settings` say.
    func override(_ settings: inout HostSettings) {
        if let tankSize { settings.tank.byteCount = tankSize }
        if allowUnlockedMemory { settings.tank.allowsUnlockedMemory = true }
        if let ownPool { settings.ownPoolTrust = ownPool.trust }
        if !source.isEmpty { settings.sources.named = source.map(\.settings) }
    }
}

/// `KIND` or `KIND=PATH`.
struct NamedSource: ExpressibleByArgument {
    let settings: SourceSettings

    init?(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
        guard let kind = parts.first.flatMap({ NoiseSourceKind(rawValue: $0) }) else { return nil }
        let path = parts.count > 1 ? parts[1] : nil
        guard path == nil ? !kind.needsPath : kind.takesPath else { return nil }
        settings = SourceSettings(kind: kind, path: path)
    }
}

/// `--own-pool`.
enum OwnPoolTrust: String, ExpressibleByArgument, CaseIterable {
    case refuse, mix, credit

    var trust: InboundTrust {
        switch self {
        case .refuse: .refuse
        case .mix: .mix
        case .credit: .credit
        }
    }
}
