// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshLibvirt
import EntmeshTestSupport
import Foundation
import Testing

@testable import EntmeshLibvirtWrite

@Suite("A hypervisor whose domains can be changed")
struct WritableHypervisorTests {
    private static let uuid = "00000000-0000-4000-8000-00000000000"

    private static func domain(
        _ number: Int, _ name: String, devices: String = "", state: Int = 1, extra: String = ""
    ) -> String {
        """
        <domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>
          <name>\(name)</name><uuid>\(uuid)\(number)</uuid><memory>8192</memory>
          <os><type>hvm</type></os><devices>\(devices)</devices>
          <test:runstate>\(state)</test:runstate>\(extra)
        </domain>
        """
    }

    private static let vsock =
        "<vsock model='virtio'><cid auto='no' address='7'/></vsock>"

    /// Looks at a domain of libvirt's test driver.
    private func vsocks(_ text: String, of domains: [String]) throws -> DomainVsocks {
        let directory = try TestDirectory()
        let file = directory.path("node.xml")
        try Data("<node>\(domains.joined())</node>".utf8).write(to: URL(fileURLWithPath: file))
        let hypervisor = try WritableHypervisor(uri: "test://\(file)", access: .readOnly)
        return try hypervisor.domain(text).vsocks()
    }

    @Test("finds a domain by id, name or UUID", arguments: ["1", "web1", uuid + "1"])
    func finds(text: String) throws {
        let found = try vsocks(text, of: [Self.domain(1, "web1")])
        #expect(found.name == "web1" && "\(found.uuid)" == Self.uuid + "1")
    }

    @Test("takes a bare number for an id, whatever a domain is called")
    func numberIsAnID() throws {
        let domains = [Self.domain(1, "web1"), Self.domain(2, "1", state: 5)]
        #expect(try vsocks("1", of: domains).name == "web1")
        #expect(throws: DomainEditError.noSuchDomain("7")) {
            try vsocks("7", of: [Self.domain(1, "7")])
        }
    }

    @Test(
        "says as virsh does that there is no such domain",
        arguments: ["x", "99", "99999999999999999999", "-1", uuid + "9", "web1\0x", ""])
    func findsNone(text: String) {
        #expect(throws: DomainEditError.noSuchDomain(text)) {
            try vsocks(text, of: [Self.domain(1, "web1")])
        }
        #expect("\(DomainEditError.noSuchDomain("x"))" == "failed to get domain 'x'")
    }

    @Test("says that there is no such domain only where libvirt says so")
    func keepsTheReason() throws {
        #expect(throws: DomainEditError.self) {
            _ = try WritableHypervisor(uri: "test:///nonexistent/node.xml", access: .readOnly)
        }
        let other = DomainEditError.lastOfLookingUp("web1")
        #expect("\(other)".hasPrefix("cannot look up domain 'web1': "))
        #expect("\(other)".contains("nonexistent"))
        #expect(throws: DomainEditError.noSuchDomain("x")) {
            try vsocks("x", of: [Self.domain(1, "web1")])
        }
    }

    @Test("reads the vsock device of each configuration there is")
    func readsDevices() throws {
        let domains = [
            Self.domain(1, "on", devices: Self.vsock), Self.domain(2, "off", state: 5),
            Self.domain(3, "fleeting", extra: "<test:transient/>"),
        ]
        let on = try vsocks("on", of: domains)
        let device = try #require(on.live.device)
        #expect(device.contextID == 7 && !device.isAutomatic)
        #expect(
            device.xml == """
                <vsock model='virtio'>
                  <cid address='7' auto='no'/>
                </vsock>
                """)
        #expect(on.persistent == on.live && on.saved == .noConfiguration)
        let off = try vsocks("off", of: domains)
        #expect(off.live == .noConfiguration && off.persistent == .absent)
        let fleeting = try vsocks("fleeting", of: domains)
        #expect(fleeting.live == .absent && fleeting.persistent == .noConfiguration)
    }

    @Test("says what libvirt says of what it cannot do")
    func reportsRefusals() throws {
        let hypervisor = try WritableHypervisor(uri: "test:///default", access: .readWrite)
        let domain = try hypervisor.domain("test")
        do throws(DomainEditError) {
            try domain.attach(VsockPlan.standardDevice, to: .live)
            Issue.record("the test driver cannot attach devices")
        } catch {
            #expect("\(error)".hasPrefix("cannot add it to the running guest: this function is "))
        }
    }

    @Test("refuses what cannot serve, and says when nothing answers")
    func refusesURIs() throws {
        let session = #expect(throws: DomainEditError.self) {
            _ = try WritableHypervisor(uri: "qemu:///session", access: .readWrite)
        }
        #expect("\(try #require(session))".contains("guests of a user's own session"))
        let nobody = #expect(throws: DomainEditError.self) {
            _ = try WritableHypervisor(uri: "test:///nonexistent/node.xml", access: .readOnly)
        }
        #expect("\(try #require(nobody))".hasPrefix("cannot reach libvirt at test:///nonexistent"))
    }

    @Test("says who may change domains")
    func namesTheGroup() {
        let error = DomainEditError.notPermitted(uri: "qemu:///system", message: "denied")
        #expect("\(error)".contains("takes root or group libvirt"))
        #expect("\(error)".contains("sudo usermod -aG libvirt $USER"))
    }
}
