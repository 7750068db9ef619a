// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshControl
internal import EntmeshLibvirt
internal import EntmeshLibvirtWrite

/// What `attach` or `detach` came to, part by part.
struct VsockReport: Encodable {
    /// How it stands with one configuration.
    enum Part: String, Encodable {
        /// There is no such configuration: the domain does not run, or is transient.
        case none
        /// The device was there already, or was not there.
        case present, absent
        /// Only shown.
        case toAdd = "to-add"
        case toRemove = "to-remove"
        /// Done.
        case added, removed
        /// The running guest was asked to let it go, and has not yet.
        case pending
        case failed
    }

    /// A device that is added or taken away.
    struct Device: Encodable, Equatable {
        let configuration: String
        let xml: String
    }

    let version = ControlAPI.version
    let change: VsockPlan.Change
    let domain: String
    let uuid: String
    let dryRun: Bool
    let devices: [Device]
    private(set) var persistent: Part
    private(set) var live: Part
    /// Of the running guest.
    private(set) var contextID: UInt32?
    /// What to know beside it, in words.
    private(set) var notes: [String] = []
    /// What could not be done, in words with what to type next.
    private(set) var error: String?

    init(
        _ change: VsockPlan.Change, of domain: DomainVsocks, plan: VsockPlan, isDryRun: Bool
    ) {
        self.change = change
        self.domain = domain.name.escapedForDisplay
        uuid = "\(domain.uuid)"
        dryRun = isDryRun
        devices = plan.steps.map { .init(configuration: $0.configuration.key, xml: $0.xml) }
        persistent = Part(domain.persistent)
        live = Part(domain.live)
        contextID = domain.live.device?.contextID
        for step in plan.steps { set(step.configuration, change == .attach ? .toAdd : .toRemove) }
        notes = standingNotes(domain)
    }

    /// Notes how a step went.
    mutating func record(_ configuration: VsockPlan.Configuration, failure: DomainEditError?) {
        set(configuration, failure == nil ? done : .failed)
        if let failure {
            error = [error, "\(failure)"].compactMap(\.self).joined(separator: "; ")
        }
    }

    /// Compares with what the domain has in the end, and says what is next.
    mutating func confirm(_ domain: DomainVsocks) {
        contextID = domain.live.device?.contextID
        if live == .removed, domain.live.device != nil { live = .pending }
        if live == .failed || live == .pending {
            let reason = error ?? "the running guest has not let the device go yet"
            error = "\(reason); \(cure)"
        }
        notes += nextSteps
    }

    private var argument: String { domainArgument(name: domain, uuid: uuid) }

    private var done: Part { change == .attach ? .added : .removed }

    private mutating func set(_ configuration: VsockPlan.Configuration, _ part: Part) {
        switch configuration {
        case .persistent: persistent = part
        case .live: live = part
        }
    }
}

// MARK: - What to say

extension VsockReport {
    private func standingNotes(_ domain: DomainVsocks) -> [String] {
        var notes: [String] = []
        if change == .attach, domain.saved == .absent {
            notes.append(
                "its saved memory has no vsock device, and the next start goes on with that: start "
                    + "it (virsh start \(argument)), and then again: entmesh attach "
                    + argument)
        }
        if domain.persistent == .noConfiguration, change == .attach {
            notes.append(
                "it is transient: the device is gone when it stops, unless the XML that it is made "
                    + "from has it")
        }
        return notes
    }

    private var nextSteps: [String] {
        switch (change, live, persistent) {
        case (.attach, .added, _):
            ["its agent connects by itself, if entmesh-guest is in it; see: entmesh list"]
        case (.attach, .none, .added) where notes.isEmpty:
            ["it is there from the next start on: virsh start \(argument)"]
        default: []
        }
    }

    /// How a running guest gets what its persistent definition has.
    private var cure: String {
        guard persistent != .none else {
            return "it is transient: stop it, and make it anew from other XML"
        }
        guard persistent != .failed else { return "its persistent definition is as it was" }
        let state = change == .attach ? "has it" : "is without it"
        return """
            the persistent definition \(state), so it takes a shutdown and a start (a reboot in the \
            guest is not enough): virsh shutdown \(argument); virsh start \(argument)
            """
    }

    /// For a person.
    var text: String {
        var lines: [String] = []
        if devices.isEmpty {
            lines.append(alreadySo)
        } else {
            lines += shownDevices
            if !dryRun {
                lines.append("persistent definition: \(words(persistent))")
                lines.append("running guest: \(words(live))\(contextIDWords)")
            }
        }
        return (lines + notes).joined(separator: "\n")
    }

    private var alreadySo: String {
        let has = change == .attach ? "has a vsock device already" : "has no vsock device"
        return "\(domain) \(has)\(contextIDWords): nothing to do"
    }

    private var contextIDWords: String {
        contextID.map { " (context ID \($0))" } ?? ""
    }

    // Once, where it is the same device in both configurations.
    private var shownDevices: [String] {
        let verb =
            switch (change, dryRun) {
            case (.attach, true): "would be added to"
            case (.attach, false): "is added to"
            case (.detach, true): "would be taken out of"
            case (.detach, false): "is taken out of"
            }
        var shown: [(places: [String], xml: String)] = []
        for device in devices {
            if let index = shown.firstIndex(where: { $0.xml == device.xml }) {
                shown[index].places.append(place(device))
            } else {
                shown.append(([place(device)], device.xml))
            }
        }
        return shown.flatMap { places, xml in
            ["this \(verb) \(places.joined(separator: " and ")) of \(domain):", xml]
        }
    }

    private func place(_ device: Device) -> String {
        device.configuration == "live" ? "the running guest" : "the persistent definition"
    }

    private func words(_ part: Part) -> String {
        switch part {
        case .none: "none, since it is " + (persistent == .none ? "transient" : "not running")
        case .present: "had it already"
        case .absent: "did not have it"
        case .pending: "was asked to let it go"
        case .toAdd, .toRemove, .added, .removed, .failed: part.rawValue
        }
    }
}

extension VsockReport.Part {
    fileprivate init(_ presence: DomainVsocks.Presence) {
        self =
            switch presence {
            case .noConfiguration: .none
            case .absent: .absent
            case .present: .present
            }
    }
}

extension VsockPlan.Configuration {
    /// As JSON has it.
    fileprivate var key: String {
        switch self {
        case .persistent: "persistent"
        case .live: "live"
        }
    }
}
