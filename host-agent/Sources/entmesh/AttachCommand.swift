// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import ArgumentParser
internal import EntmeshLibvirtWrite

/// `entmesh attach`: a guest gets the device that its agent speaks through.
struct AttachCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attach",
        abstract: "Give a guest a vsock device, which its agent speaks through.",
        discussion: """
            Changes the persistent definition and, while the guest runs, the running guest too; \
            says what it adds. What is there already is left as it is. Takes root or group \
            libvirt. Exits 1 if any of it could not be done, and says what to do.
            """)

    @Argument(help: "An id, a name or a UUID.", completion: LiveNames.domains)
    var domain: String
    @OptionGroup var options: VsockOptions

    func run() async throws {
        try await options.run(.attach, domain)
    }
}

/// `entmesh detach`: undoes `attach`.
struct DetachCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "detach",
        abstract: "Take a guest's vsock device away: its agent is no longer fed.",
        discussion: """
            Changes the persistent definition and, while the guest runs, the running guest too; \
            says what it takes away. Takes root or group libvirt. Exits 1 if any of it could not \
            be done, and says what to do.
            """)

    @Argument(help: "An id, a name or a UUID.", completion: LiveNames.domains)
    var domain: String
    @OptionGroup var options: VsockOptions

    func run() async throws {
        try await options.run(.detach, domain)
    }
}

/// What both of them take.
struct VsockOptions: ParsableArguments {
    @Flag(help: "Only say what would be done; takes no privilege.")
    var dryRun = false
    @Flag(help: "Print JSON.")
    var json = false
    @OptionGroup var libvirt: LibvirtOptions

    func run(_ change: VsockPlan.Change, _ domain: String) async throws {
        try await reportingErrors {
            let hypervisor = try WritableHypervisor(
                uri: libvirt.uri, access: dryRun ? .readOnly : .readWrite)
            let edit = VsockEdit(change, of: try hypervisor.domain(domain))
            let report = try await edit.report(dryRun: dryRun)
            print(json ? try JSON.line(report) : report.text)
            // With JSON, standard error still has the reason for people.
            if let error = report.error { throw CommandError(error) }
        }
    }
}
