// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import ArgumentParser
internal import EntmeshControl
internal import EntmeshLibvirt
internal import Foundation
internal import NIOCore

/// Names that a shell completes with, as they are at that moment: soon, or none, and never an error.
enum LiveNames {
    /// How long a person at a prompt does not mind to wait.
    private static let patience = seconds(0.5)
    private static let libvirtPatience = seconds(1)
    /// Only tests set it: seconds, for a machine too busy for what a person waits for.
    private static let patienceVariable = "ENTMESH_COMPLETION_SECONDS"

    /// Guests that run.
    static let runningGuests = CompletionKind.custom { words, _, _ async in
        await guests(words).filter(\.isActive).map(\.name).filter(\.isPlainDomainName)
    }

    /// All guests: of the libvirt that was named, if one was; else the daemon's, and libvirt is asked
    /// if that is not there.
    static let domains = CompletionKind.custom { words, _, _ async in
        let uri = words.value(of: ["--connect", "-c"]) ?? LibvirtOptions.environmentURI
        let names = uri == nil ? await guests(words).map(\.name) : []
        return (names.isEmpty ? await domainNames(uri) : names).filter(\.isPlainDomainName)
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

    private static func domainNames(_ uri: String?) async -> [String] {
        let look = try? await LibvirtLook.once(uri: uri, within: .seconds(libvirtPatience))
        return look?.domains.map(\.name) ?? []
    }

    private static func client(_ words: [String]) -> ControlClient {
        let path = words.value(of: ["--socket"]) ?? ControlAPI.defaultSocketPath
        let nanoseconds = Int64(patience * 1_000_000_000)
        return ControlClient(path: path, deadline: .nanoseconds(nanoseconds))
    }

    private static func seconds(_ usual: Double) -> Double {
        let text = ProcessInfo.processInfo.environment[patienceVariable]
        let seconds = text.flatMap { Double($0) } ?? usual
        return (0...60).contains(seconds) ? seconds : usual
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
