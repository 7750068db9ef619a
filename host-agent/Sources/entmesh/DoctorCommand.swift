// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import ArgumentParser
internal import EntmeshControl
internal import EntmeshLibvirt
internal import NIOCore

/// `entmesh doctor`: what is missing, and what mends it.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Look for what keeps this host, or a guest, from being fed; say what mends it.",
        discussion: """
            A line each: ok, warn (it works, but) or fail (it does not work), and below it what to \
            type. Changes nothing. Exits 1 if anything fails. What only the guest knows says \
            entmesh-guest-doctor in it.
            """)

    @Option(
        help: ArgumentHelp("One guest: an id, a name or a UUID.", valueName: "domain"),
        completion: LiveNames.domains)
    var guest: String?
    @Flag(help: "Print JSON.")
    var json = false
    @Option(
        help: ArgumentHelp("The daemon's control socket.", valueName: "path"),
        completion: .file())
    var socket = ControlAPI.defaultSocketPath
    @OptionGroup var libvirt: LibvirtOptions

    /// How long the daemon may take for an answer: a doctor is called when something hangs.
    private static let patience = TimeAmount.seconds(5)

    func run() async throws {
        try await reportingErrors {
            let client = ControlClient(path: socket, deadline: Self.patience)
            let facts = try await HostFacts.read(client: client, uri: libvirt.uri)
            let diagnosis =
                if let guest { try self.diagnosis(of: guest, facts) } else {
                    Diagnosis(HostChecks.all(facts))
                }
            print(
                json
                    ? try JSON.line(diagnosis)
                    : diagnosis.render(colour: Terminal().hasColour))
            if diagnosis.hasFailed { throw ExitCode.failure }
        }
    }

    private func diagnosis(of text: String, _ facts: HostFacts) throws -> Diagnosis {
        if case .failed(let reason, _) = facts.libvirt {
            throw CommandError("\(reason); see: entmesh doctor")
        }
        guard let domain = facts.domains.named(text) else {
            throw CommandError("failed to get domain '\(text)'")
        }
        if case .failed(let reason) = facts.control {
            let findings = [GuestChecks.state(domain), GuestChecks.vsock(domain)]
            return Diagnosis([.fail("daemon", reason, fix: "entmesh doctor")] + findings)
        }
        let row = facts.guests.first { $0.uuid == "\(domain.uuid)" }
        return Diagnosis(GuestChecks.all(domain, row))
    }
}

extension [Domain] {
    /// The one that `text` means: a number is an id, anything else a UUID or a name.
    fileprivate func named(_ text: String) -> Domain? {
        if let id = Int(text) { return first { $0.id == id } }
        let uuid = DomainUUID(text)
        return first { $0.uuid == uuid } ?? first { $0.name == text }
    }
}
