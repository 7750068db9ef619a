// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import ArgumentParser
internal import EntmeshConfig
internal import Foundation

/// Who the guests are.
struct GuestOptions: ParsableArguments {
    @Option(
        name: [.customShort("c"), .long],
        help: ArgumentHelp(
            """
            The libvirt to ask; else what LIBVIRT_DEFAULT_URI says, else what the configuration \
            says, else qemu:///system.
            """, valueName: "uri"))
    var connect: String?

    @Flag(help: "Do without libvirt: only the guests named by --guest.")
    var noLibvirt = false

    @Option(
        help: ArgumentHelp(
            "A guest and its context ID, with --no-libvirt; repeatable.", valueName: "name=cid"))
    var guest: [NamedCID] = []

    @Option(
        help: ArgumentHelp(
            "A guest that gets nothing, or a pattern with * and ?; repeatable.",
            valueName: "name"))
    var off: [String] = []

    func validate() throws {
        guard noLibvirt || guest.isEmpty else {
            throw ValidationError("--guest needs --no-libvirt: libvirt says who the guests are")
        }
        guard Set(guest.map(\.guest.cid)).count == guest.count else {
            throw ValidationError("two --guest have the same CID")
        }
    }

    /// Puts what is said here in place of what `settings` say.
    func override(_ settings: inout HostSettings) {
        if let uri = connect ?? defaultURI { settings.libvirt.uri = uri }
        if noLibvirt { settings.libvirt.isEnabled = false }
        if !guest.isEmpty { settings.libvirt.guests = guest.map(\.guest) }
        settings.guests.overrides += off.map { name in
            var off = GuestRules.Override(match: .name(pattern: name))
            off.isFed = false
            return off
        }
    }

    // As virsh(1) reads it: empty is as good as not set.
    private var defaultURI: String? {
        let uri = ProcessInfo.processInfo.environment["LIBVIRT_DEFAULT_URI"]
        return uri?.isEmpty == false ? uri : nil
    }
}

/// `NAME=CID`.
struct NamedCID: ExpressibleByArgument {
    let guest: LibvirtSettings.Guest

    init?(argument: String) {
        let parts = argument.split(separator: "=")
        guard parts.count == 2, let cid = UInt32(parts[1]), cid >= 3, cid < .max else { return nil }
        guest = .init(name: String(parts[0]), cid: cid)
    }
}
