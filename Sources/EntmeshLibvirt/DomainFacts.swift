// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CLibvirt

/// What libvirt said of a domain, not yet understood: parsing is left to other threads than the
/// worker.
struct DomainFacts: Sendable {
    /// A configuration.
    enum XML: Sendable {
        case text(String)
        case tooLong
    }

    var uuid: DomainUUID
    var name = ""
    /// As libvirt's number (`virDomainState`).
    var state = Int32(VIR_DOMAIN_NOSTATE.rawValue)
    var hasManagedSaveImage = false
    var isPersistent = true
    /// The live configuration, or the persistent one while not active.
    var xml: XML?
    /// The persistent configuration, where it was asked for.
    var persistentXML: XML?
    /// Why libvirt would not say more.
    var problem: String?

    var isActive: Bool { state != Int32(VIR_DOMAIN_SHUTOFF.rawValue) }
}

extension Domain {
    /// Understands what libvirt said.
    init(_ facts: DomainFacts) {
        let live = Configuration(facts.xml)
        let persistent = Configuration(facts.persistentXML)
        // State and XML were asked for one after the other. The id is in the live XML only, with
        // the CID, so those two belong together; and nothing counts as live that is shut off.
        let id = facts.isActive ? live.xml?.id : nil
        let vsock = id == nil ? .absent : live.xml?.vsock ?? .absent
        self.init(
            uuid: facts.uuid, name: facts.name, id: id,
            state: DomainState(
                libvirt: facts.state, hasManagedSaveImage: facts.hasManagedSaveImage),
            guestCID: vsock.guestCID,
            hasVsock: live.hasVsock || persistent.hasVsock,
            hasRNG: live.xml?.hasRNG ?? false, hasGenID: live.xml?.hasGenID ?? false,
            isTransient: !facts.isPersistent,
            problem: facts.problem ?? live.problem ?? persistent.problem ?? vsock.problem)
    }

    /// A configuration as far as it could be read.
    private struct Configuration {
        var xml: DomainXML?
        var problem: String?

        var hasVsock: Bool {
            guard let xml else { return false }
            return xml.vsock != .absent
        }

        init(_ text: DomainFacts.XML?) {
            switch text {
            case nil:
                break
            case .tooLong:
                problem =
                    "its XML has more than \(HypervisorLimits.xmlByteLimit) bytes: shorten its "
                    + "metadata"
            case .text(let text):
                do throws(DomainXML.Unreadable) {
                    xml = try DomainXML(text)
                } catch {
                    problem = error.problem
                }
            }
        }
    }
}
