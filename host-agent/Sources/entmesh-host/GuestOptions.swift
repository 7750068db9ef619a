// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import ArgumentParser
internal import EntmeshHost
internal import Foundation

/// Who the guests are.
struct GuestOptions: ParsableArguments {
    @Option(
        name: [.customShort("c"), .long],
        help: ArgumentHelp(
            "The libvirt to ask; else what LIBVIRT_DEFAULT_URI says, else qemu:///system.",
            valueName: "uri"))
    var connect: String?

    @Flag(help: "Do without libvirt: only the guests named by --guest.")
    var noLibvirt = false

    @Option(
        help: ArgumentHelp(
            "A guest and its context ID, with --no-libvirt; repeatable.", valueName: "name=cid"))
    var guest: [NamedCID] = []

    @Option(help: ArgumentHelp("A guest that gets nothing; repeatable.", valueName: "name"))
    var off: [String] = []

    func validate() throws {
        guard noLibvirt || guest.isEmpty else {
            throw ValidationError("--guest needs --no-libvirt: libvirt says who the guests are")
        }
    }

    var roster: GuestRoster {
        noLibvirt ? .fixed(guest.map(\.guest)) : .libvirt(uri: connect ?? defaultURI)
    }

    // As virsh(1) reads it: empty is as good as not set.
    private var defaultURI: String? {
        let uri = ProcessInfo.processInfo.environment["LIBVIRT_DEFAULT_URI"]
        return uri?.isEmpty == false ? uri : nil
    }
}

/// `NAME=CID`.
struct NamedCID: ExpressibleByArgument {
    let guest: StaticGuest

    init?(argument: String) {
        let parts = argument.split(separator: "=")
        guard parts.count == 2, let cid = UInt32(parts[1]), cid >= 3, cid < .max else { return nil }
        guest = StaticGuest(name: String(parts[0]), cid: cid)
    }
}
