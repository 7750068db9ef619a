// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import CLibvirt
import Testing

@testable import EntmeshLibvirt

@Suite("A domain made from what libvirt said")
struct DomainTests {
    private func facts(
        _ state: virDomainState, _ xml: String?, persistentXML: String? = nil
    ) throws -> DomainFacts {
        let uuid = try #require(DomainUUID(bytes: [UInt8](repeating: 1, count: 16)))
        var facts = DomainFacts(uuid: uuid, name: "web1")
        facts.state = Int32(state.rawValue)
        facts.xml = xml.map { .text($0) }
        facts.persistentXML = persistentXML.map { .text($0) }
        return facts
    }

    private let vsock = "<devices><vsock><cid auto='no' address='7'/></vsock></devices>"

    @Test("has the CID of its live configuration")
    func liveCID() throws {
        let domain = Domain(try facts(VIR_DOMAIN_RUNNING, "<domain id='4'>\(vsock)</domain>"))
        #expect(domain.id == 4)
        #expect(domain.guestCID == 7)
        #expect(domain.state == .running)
        #expect(domain.problem == nil)
    }

    @Test("has no CID while it is not active, though its configuration names one")
    func inactiveCID() throws {
        let domain = Domain(try facts(VIR_DOMAIN_SHUTOFF, "<domain>\(vsock)</domain>"))
        #expect(domain.guestCID == nil)
        #expect(domain.hasVsock)
        #expect(!domain.isActive)
        #expect(domain.problem == nil)
    }

    @Test("is not active unless state and configuration agree")
    func stoppedInBetween() throws {
        let stopped = Domain(try facts(VIR_DOMAIN_RUNNING, "<domain>\(vsock)</domain>"))
        #expect(stopped.guestCID == nil && stopped.id == nil)
        let started = Domain(try facts(VIR_DOMAIN_SHUTOFF, "<domain id='4'>\(vsock)</domain>"))
        #expect(started.guestCID == nil && started.id == nil)
    }

    @Test("has a vsock that is there from the next start")
    func persistentVsock() throws {
        let facts = try facts(
            VIR_DOMAIN_RUNNING, "<domain id='4'/>", persistentXML: "<domain>\(vsock)</domain>")
        let domain = Domain(facts)
        #expect(domain.hasVsock)
        #expect(domain.guestCID == nil)
        #expect(domain.problem == nil)
    }

    @Test("is listed with a problem if its configuration cannot be read")
    func unreadable() throws {
        var facts = try facts(VIR_DOMAIN_RUNNING, "<domain id='4'>")
        #expect(Domain(facts).problem != nil)
        #expect(Domain(facts).guestCID == nil)
        facts.xml = .tooLong
        #expect(Domain(facts).problem?.contains("1048576") == true)
        facts.xml = nil
        facts.problem = "could not read it"
        #expect(Domain(facts).problem == "could not read it")
        #expect(Domain(facts).name == "web1")
    }

    @Test("has virsh's word for its state")
    func states() throws {
        func word(_ state: Int32, saved: Bool = false) -> String {
            DomainState(libvirt: state, hasManagedSaveImage: saved).rawValue
        }
        #expect(
            (Int32(0)...8).map { word($0) } == [
                "no state", "running", "idle", "paused", "in shutdown", "shut off", "crashed",
                "pmsuspended", "no state",
            ])
        #expect(word(5, saved: true) == "saved")
        #expect(word(1, saved: true) == "running")
        #expect(word(-1) == "no state" && word(.max) == "no state" && word(.min) == "no state")
    }

    @Test("has at most 255 bytes of name, whatever they are")
    func names() {
        func name(_ bytes: [UInt8]) -> String {
            (bytes + [0]).map { CChar(bitPattern: $0) }.withUnsafeBufferPointer { bytes in
                bytes.baseAddress.map {
                    boundedString($0, byteLimit: HypervisorLimits.nameByteLimit)
                } ?? "no address"
            }
        }
        #expect(name([]) == "")
        #expect(name([UInt8](repeating: 0x61, count: 255)).utf8.count == 255)
        #expect(name([UInt8](repeating: 0x61, count: 4096)).utf8.count == 255)
        #expect(name([0x1b, 0x5b, 0x33, 0x31, 0x6d]) == "\u{1b}[31m")
        #expect(name([0x61, 0xff, 0xc3]).unicodeScalars.first == "a")
    }
}
