// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import ArgumentParser
internal import EntmeshControl
internal import EntmeshLibvirt
internal import NIOCore

/// Names that a shell completes with, as they are at that moment: soon, or none, and never an error.
enum LiveNames {
    /// How long a person at a prompt does not mind to wait.
    private static let patience = TimeAmount.milliseconds(500)
    private static let libvirtPatience = Duration.seconds(1)

    /// Guests that run.
    static let runningGuests = CompletionKind.custom { words, _, _ async in
        await guests(words).filter(\.isActive).map(\.name).filter(\.isPlainDomainName)
    }

    /// All guests; libvirt is asked if the daemon is not there.
    static let domains = CompletionKind.custom { words, _, _ async in
        let names = await guests(words).map(\.name)
        return (names.isEmpty ? await domainNames(words) : names).completable
    }

    static let sources = CompletionKind.custom { words, _, _ async in
        let list: SourceList? = try? await client(words).get(ControlAPI.sourcesPath)
        return (list?.sources.map(\.name) ?? []).completable
    }

    static let peers = CompletionKind.custom { words, _, _ async in
        let list: PeerList? = try? await client(words).get(ControlAPI.peersPath)
        return (list?.peers.filter { $0.kind == .host }.map(\.name) ?? []).completable
    }

    private static func guests(_ words: [String]) async -> [GuestRow] {
        let list: GuestList? = try? await client(words).get(ControlAPI.guestsPath)
        return list?.guests ?? []
    }

    private static func domainNames(_ words: [String]) async -> [String] {
        let uri = words.value(of: ["--connect", "-c"]) ?? LibvirtOptions.environmentURI
        let look = try? await LibvirtLook.once(uri: uri, within: libvirtPatience)
        return look?.domains.map(\.name) ?? []
    }

    private static func client(_ words: [String]) -> ControlClient {
        let path = words.value(of: ["--socket"]) ?? ControlAPI.defaultSocketPath
        return ControlClient(path: path, deadline: patience)
    }
}

extension [String] {
    /// What the last of these options was given, in words of a command line.
    fileprivate func value(of names: [String]) -> String? {
        indices.last { names.contains(self[$0]) }.flatMap { index in
            index + 1 < count ? self[index + 1] : nil
        }
    }

    /// Those that a shell takes as they are: a name is outside text, and bash expands what it is
    /// offered (`compgen -W`), so that a name could be a command.
    fileprivate var completable: [String] { filter(\.isPlainWord) }
}
