// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import Testing

@testable import EntmeshLibvirt

@Suite("A domain's XML")
struct DomainXMLTests {
    private func live(_ devices: String) throws(DomainXML.Unreadable) -> DomainXML {
        try DomainXML("<domain type='kvm' id='3'><devices>\(devices)</devices></domain>")
    }

    @Test("gives the live id, the CID and which devices there are")
    func reads() throws {
        let xml = try DomainXML(
            """
            <domain type='kvm' id='12'>
              <name>web&amp;1</name>
              <metadata><x:app xmlns:x='u'><vsock/><x:vsock><cid address='9'/></x:vsock></x:app>
              </metadata>
              <genid>9f6ff5e0-0bf8-4e0e-a4a5-4b4f2b1e1a2b</genid>
              <devices>
                <disk type='file'/><disk type='file'/>
                <vsock model='virtio'>
                  <cid auto='yes' address='4242'/><alias name='vsock0'/>
                </vsock>
                <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
                <rng model='virtio'><backend model='builtin'/></rng>
              </devices>
            </domain>
            """)
        #expect(xml.id == 12)
        #expect(xml.vsock == .assigned(4242))
        #expect(xml.hasRNG)
        #expect(xml.hasGenID)
    }

    @Test("gives the vsock device as it stands there, and no other element")
    func copiesDevice() throws {
        let xml = try live(
            """
            <rng><cid address='1'/></rng>
            <vsock model='virtio'>
              <cid auto='yes' address='3'/> text
              <address type='pci' slot='0x05'/><driver><iommu a='&amp;&lt;&apos;&#10;'/></driver>
            </vsock><disk/>
            """)
        let device = try #require(xml.vsockDevice)
        #expect(device.isAutomatic && device.contextID == 3)
        #expect(
            device.xml == """
                <vsock model='virtio'>
                  <cid address='3' auto='yes'/>
                  <address slot='0x05' type='pci'/>
                  <driver>
                    <iommu a='&#38;&#60;&#39;&#10;'/>
                  </driver>
                </vsock>
                """)
        #expect(try live("<vsock/>").vsockDevice?.xml == "<vsock/>")
        #expect(try live("<rng/>").vsockDevice == nil)
    }

    @Test("may have none of them", arguments: ["<devices/>", "", "<devices>\n  </devices>"])
    func readsNothing(devices: String) throws {
        let xml = try DomainXML("<domain type='kvm'><name>x</name>\(devices)</domain>")
        #expect(xml.id == nil)
        #expect(xml.vsock == .absent)
        #expect(!xml.hasRNG)
        #expect(!xml.hasGenID)
    }

    @Test("may have a vsock without a context ID", arguments: ["", "<cid/>", "<cid auto='yes'/>"])
    func readsUnassigned(cid: String) throws {
        #expect(try live("<vsock model='virtio'>\(cid)</vsock>").vsock == .unassigned)
    }

    @Test("has guest context IDs only from 3 up", arguments: [3, UInt32.max - 1])
    func takesContextIDs(cid: UInt32) throws {
        #expect(try live("<vsock><cid address='\(cid)'/></vsock>").vsock == .assigned(cid))
    }

    @Test(
        "with a context ID that no guest can have gives a problem in words",
        arguments: [
            "0", "1", "2", "4294967295", "4294967296", "99999999999999999999999", "-3", "", "0x10",
            "3 ", "three", "\u{661}\u{662}", "3.0",
        ])
    func refusesContextIDs(address: String) throws {
        let vsock = try live("<vsock><cid address='\(address)'/></vsock>").vsock
        #expect(vsock.guestCID == nil)
        #expect(vsock.problem != nil)
    }

    @Test(
        "with two answers gives none",
        arguments: [
            "<vsock><cid address='3'/></vsock><vsock><cid address='4'/></vsock>",
            "<vsock><cid address='3'/><cid address='4'/></vsock>",
        ])
    func refusesTwo(devices: String) throws {
        let vsock = try live(devices).vsock
        #expect(vsock.guestCID == nil)
        #expect(vsock.problem != nil)
    }

    @Test(
        "that is no XML is an error, not an end",
        arguments: [
            "", " ", "x", "<", "<domain", "<domain>", "<domain></devices>", "\u{0}",
            "<domain><devices></domain>", "<domain id='1' id='2'/>", "<domain>&x;</domain>",
            "<domain>\u{1}</domain>",
        ])
    func refusesNonsense(text: String) {
        #expect(throws: DomainXML.Unreadable.self) { try DomainXML(text) }
    }

    @Test("of any depth is an error, not an end", arguments: [100, 1000, 10_000, 100_000])
    func refusesDepth(depth: Int) {
        #expect(throws: DomainXML.Unreadable.self) {
            try DomainXML(String(repeating: "<domain>", count: depth))
        }
        let closed =
            String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth)
        #expect((try? DomainXML("<domain>\(closed)</domain>"))?.vsock.guestCID == nil)
    }

    @Test(
        "of an unexpected shape never ends us",
        arguments: [
            "<domain/>", "<domain/><domain/>", "<other/>", "<domain>text</domain>",
            "<domain><devices>text</devices></domain>",
            "<domain id='x'><devices/><devices/></domain>", "<domain id='-1'/>",
            "<domain><id>7</id><id>8</id></domain>", "<domain><genid/><genid><a/></genid></domain>",
            "<domain><devices><vsock>text</vsock><rng/></devices></domain>",
            "<domain><devices><vsock cid='7'/></devices></domain>",
            "<domain><devices vsock='7' rng='8'/></domain>",
            "<domain><devices><vsock><cid><address>7</address></cid></vsock></devices></domain>",
            "<!DOCTYPE domain [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><domain>&b;</domain>",
            "<!DOCTYPE d [<!ENTITY x SYSTEM 'file:///etc/hostname'>]><domain>&x;</domain>",
        ])
    func survivesOddShapes(text: String) {
        let xml = try? DomainXML(text)
        #expect(xml?.vsock.guestCID == nil || xml?.vsock.guestCID == 7)
    }

    @Test func aDeviceThatNestsWithoutEndIsRefusedAndCostsNothing() {
        let nested =
            String(repeating: "<a>", count: 10_000) + String(repeating: "</a>", count: 10_000)
        let text = "<domain><devices><vsock>\(nested)</vsock></devices></domain>"
        #expect(throws: DomainXML.Unreadable.self) { try DomainXML(text) }
        var element = ElementText()
        for _ in 0..<10_000 { element.open("a", [:]) }
        #expect(element.isCutOff && element.text.utf8.count < ElementText.byteLimit + 100)
    }
}
