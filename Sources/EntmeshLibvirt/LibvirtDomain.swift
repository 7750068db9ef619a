// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CLibvirt
internal import Glibc

/// Owns a reference to a domain of a connection, and frees it. Lives on the worker thread only.
struct LibvirtDomain: ~Copyable {
    private let pointer: virDomainPtr

    /// Takes over the reference that libvirt gave.
    init(owning pointer: virDomainPtr) { self.pointer = pointer }

    deinit { virDomainFree(pointer) }

    var uuid: DomainUUID? { domainUUID(pointer) }

    var name: String { domainName(pointer) }

    /// Reads everything we want to know; what was read before a failure stays. All calls are
    /// allowed on a read-only connection: the XML is asked for without its secrets.
    borrowing func read(into facts: inout DomainFacts) throws(HypervisorError) {
        var reason: Int32 = 0
        guard virDomainGetState(pointer, &facts.state, &reason, 0) == 0 else {
            throw .lastOfLibvirt("ask for the state of domain \(facts.uuid)")
        }
        // Both may fail (-1) where a driver has no such thing: that is a no.
        facts.hasManagedSaveImage = virDomainHasManagedSaveImage(pointer, 0) == 1
        facts.isPersistent = virDomainIsPersistent(pointer) == 1
        let current = try xml(of: facts.uuid, flags: 0)
        facts.xml = current
        // The persistent configuration matters only for a vsock that is there from the next start.
        if facts.isPersistent, facts.isActive, case .text(let text) = current,
            !text.contains("<vsock")
        {
            facts.persistentXML = try xml(
                of: facts.uuid, flags: VIR_DOMAIN_XML_INACTIVE.rawValue)
        }
    }

    private borrowing func xml(
        of uuid: DomainUUID, flags: UInt32
    ) throws(HypervisorError) -> DomainFacts.XML {
        guard let text = virDomainGetXMLDesc(pointer, flags) else {
            throw .lastOfLibvirt("read the configuration of domain \(uuid)")
        }
        defer { free(text) }
        let limit = HypervisorLimits.xmlByteLimit
        guard strnlen(text, limit + 1) <= limit else { return .tooLong }
        return .text(boundedString(text, byteLimit: limit))
    }
}

/// A domain's UUID, from the handle itself.
func domainUUID(_ domain: virDomainPtr) -> DomainUUID? {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: DomainUUID.byteCount) { bytes in
        guard virDomainGetUUID(domain, bytes.baseAddress) == 0 else { return nil }
        return DomainUUID(bytes: bytes)
    }
}

/// A domain's name, from the handle itself.
func domainName(_ domain: virDomainPtr) -> String {
    guard let name = virDomainGetName(domain) else { return "" }
    return boundedString(name, byteLimit: HypervisorLimits.nameByteLimit)
}
