// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import Foundation
internal import FoundationXML

/// What we read from a domain's XML (https://libvirt.org/formatdomain.html): three devices of all
/// there is.
package struct DomainXML: Sendable {
    /// The XML is not what libvirt's documentation promises.
    package struct Unreadable: Error {
        /// What is wrong, in words that follow the domain's name.
        package let problem: String
    }

    /// What the XML says of the vsock device.
    enum Vsock: Sendable, Equatable {
        /// There is none.
        case absent
        /// There is one without a context ID: it gets one at the start.
        case unassigned
        /// There is one with this context ID.
        case assigned(UInt32)
        /// There is one, and what it says makes no sense.
        case unusable(String)
    }

    /// The live id; `nil` if this is not the configuration of a running virtual machine.
    let id: Int?
    let vsock: Vsock
    let hasRNG: Bool
    let hasGenID: Bool
    /// The vsock device as it stands there; `nil` if there is none.
    package let vsockDevice: VsockDevice?

    // A stream of events instead of a tree: XMLCoder builds and decodes its tree by recursion, and
    // 10,000 levels of metadata end the process (tried with 0.18.2, on a 512 KiB stack).
    /// Reads what libvirt gave as a domain's configuration.
    package init(_ text: String) throws(Unreadable) {
        let reader = DomainXMLReader()
        let parser = XMLParser(data: Data(text.utf8))
        parser.delegate = reader
        // The parser takes XML that ends too early for good, so the reader says whether it was whole.
        guard parser.parse(), reader.hasReadDomain else {
            // The parser's own words may repeat any part of the XML.
            throw Unreadable(problem: "its XML could not be read: see virsh dumpxml")
        }
        guard !reader.vsockText.isCutOff else {
            throw Unreadable(
                problem: "its vsock device has more than \(ElementText.byteLimit) bytes of XML")
        }
        id = reader.id.flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil }
        vsock = Vsock(devices: reader.vsocks, addresses: reader.addresses)
        hasRNG = reader.hasRNG
        hasGenID = reader.hasGenID
        vsockDevice =
            vsock == .absent
            ? nil
            : VsockDevice(
                xml: reader.vsockText.text, contextID: vsock.guestCID,
                isAutomatic: reader.isCIDAutomatic)
    }
}

extension DomainXML.Vsock {
    // vsock(7): 0 is the hypervisor, 1 this machine, 2 the host, and all ones is "any".
    private static let guestCIDs: ClosedRange<UInt32> = 3...(UInt32.max - 1)

    fileprivate init(devices: Int, addresses: [String]) {
        guard devices > 0 else {
            self = .absent
            return
        }
        guard devices == 1, addresses.count <= 1 else {
            self = .unusable("it has more than one vsock device or context ID")
            return
        }
        guard let address = addresses.first else {
            self = .unassigned
            return
        }
        guard let cid = UInt32(address), Self.guestCIDs.contains(cid) else {
            self = .unusable("its vsock context ID is not a number from 3 to 4294967294")
            return
        }
        self = .assigned(cid)
    }

    var guestCID: UInt32? {
        if case .assigned(let cid) = self { cid } else { nil }
    }

    /// What is wrong, of a live configuration.
    var problem: String? {
        switch self {
        case .absent, .assigned: nil
        case .unassigned: "its vsock device has no context ID although it is active"
        case .unusable(let problem): problem
        }
    }
}

/// Notes the few elements we want, wherever they stand in the right place, and keeps nothing else.
private final class DomainXMLReader: NSObject, XMLParserDelegate {
    // The longest place is domain/devices/vsock/cid: deeper elements are counted, not named.
    private static let deepestPlace = 4

    private var place: [String] = []
    private var depth = 0

    /// Whether the whole was one `domain` element, from its beginning to its end.
    var hasReadDomain: Bool { isDomain && depth == 0 }
    private var isDomain = false

    var id: String?
    var hasRNG = false
    var hasGenID = false
    var vsocks = 0
    var addresses: [String] = []
    var isCIDAutomatic = false
    var vsockText = ElementText()

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
        qualifiedName: String?, attributes: [String: String]
    ) {
        depth += 1
        defer { if isInVsock { vsockText.open(name, attributes) } }
        guard depth <= Self.deepestPlace else { return }
        place.append(name)
        switch place {
        case ["domain"]:
            isDomain = true
            id = attributes["id"]
        case ["domain", "genid"]: hasGenID = true
        case ["domain", "devices", "rng"]: hasRNG = true
        case ["domain", "devices", "vsock"]: vsocks += 1
        case ["domain", "devices", "vsock", "cid"]:
            if let address = attributes["address"] { addresses.append(address) }
            isCIDAutomatic = attributes["auto"] == "yes"
        default: break
        }
    }

    func parser(
        _ parser: XMLParser, didEndElement name: String, namespaceURI: String?,
        qualifiedName: String?
    ) {
        if isInVsock { vsockText.close(name) }
        if depth <= Self.deepestPlace { _ = place.popLast() }
        depth -= 1
    }

    private var isInVsock: Bool { place.starts(with: ["domain", "devices", "vsock"]) }
}
