// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import ArgumentParser
internal import Foundation

/// Which libvirt a command asks by itself, without the daemon.
struct LibvirtOptions: ParsableArguments {
    @Option(
        name: [.customShort("c"), .long],
        help: ArgumentHelp(
            """
            The libvirt to ask; else the one that LIBVIRT_DEFAULT_URI says, else qemu:///system.
            """, valueName: "uri"), completion: knownURIs)
    var connect: String?

    /// The system's libvirts of this machine.
    static let knownURIs = CompletionKind.list(["qemu:///system", "xen:///system"])

    /// The URI that was asked for, if any was.
    var uri: String? { connect ?? Self.environmentURI }

    // As virsh(1) reads it: empty is as good as not set.
    static var environmentURI: String? {
        let uri = ProcessInfo.processInfo.environment["LIBVIRT_DEFAULT_URI"]
        return uri?.isEmpty == false ? uri : nil
    }
}
