// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CLibvirt
internal import EntmeshLibvirt
internal import Glibc

/// Owns a reference to a domain of a `WritableHypervisor`, and frees it.
package struct WritableDomain: ~Copyable {
    private let pointer: virDomainPtr
    private let uuid: DomainUUID

    init(owning pointer: virDomainPtr, uuid: DomainUUID) {
        self.pointer = pointer
        self.uuid = uuid
    }

    /// Takes over the reference that libvirt gave, and frees it even if that domain has no UUID.
    init(owning pointer: virDomainPtr) throws(DomainEditError) {
        let uuid = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: DomainUUID.byteCount) {
            virDomainGetUUID(pointer, $0.baseAddress) == 0 ? DomainUUID(bytes: $0) : nil
        }
        guard let uuid else {
            let error = DomainEditError.last("ask for the UUID of a domain")
            virDomainFree(pointer)
            throw error
        }
        self.init(owning: pointer, uuid: uuid)
    }

    deinit { virDomainFree(pointer) }

    /// What the domain's configurations have of a vsock device now.
    package borrowing func vsocks() throws(DomainEditError) -> DomainVsocks {
        let isActive = try ask("ask whether it runs", virDomainIsActive(pointer)) == 1
        let isPersistent = try ask("ask whether it is persistent", virDomainIsPersistent(pointer))
        let inactive = VIR_DOMAIN_XML_INACTIVE.rawValue
        return DomainVsocks(
            name: name, uuid: uuid,
            live: isActive ? try presence(virDomainGetXMLDesc(pointer, 0)) : .noConfiguration,
            persistent: isPersistent == 1
                ? try presence(virDomainGetXMLDesc(pointer, inactive)) : .noConfiguration,
            saved: isActive ? .noConfiguration : try saved())
    }

    /// Adds a device to one configuration.
    package borrowing func attach(
        _ xml: String, to configuration: VsockPlan.Configuration
    ) throws(DomainEditError) {
        guard virDomainAttachDeviceFlags(pointer, xml, configuration.flag) == 0 else {
            throw .last("add it to \(configuration.words)")
        }
    }

    /// Takes a device out of one configuration; from a machine that runs, the guest has to let it go
    /// first, which may take longer than this call.
    package borrowing func detach(
        _ xml: String, from configuration: VsockPlan.Configuration
    ) throws(DomainEditError) {
        guard virDomainDetachDeviceFlags(pointer, xml, configuration.flag) == 0 else {
            throw .last("take it out of \(configuration.words)")
        }
    }

    private var name: String {
        virDomainGetName(pointer).map {
            boundedString($0, byteLimit: HypervisorLimits.nameByteLimit)
        } ?? ""
    }

    // A driver without managed saves says -1, as good as no.
    private borrowing func saved() throws(DomainEditError) -> DomainVsocks.Presence {
        guard virDomainHasManagedSaveImage(pointer, 0) == 1 else { return .noConfiguration }
        return try presence(virDomainManagedSaveGetXMLDesc(pointer, 0))
    }

    private borrowing func presence(
        _ text: UnsafeMutablePointer<CChar>?
    ) throws(DomainEditError) -> DomainVsocks.Presence {
        let attempted = "read the configuration of domain \(uuid)"
        guard let text else { throw .last(attempted) }
        defer { free(text) }
        let limit = HypervisorLimits.xmlByteLimit
        guard strnlen(text, limit + 1) <= limit else {
            throw .failed(
                attempted: attempted,
                message: "its XML has more than \(limit) bytes: shorten its metadata")
        }
        do throws(DomainXML.Unreadable) {
            let device = try DomainXML(boundedString(text, byteLimit: limit)).vsockDevice
            return device.map { .present($0) } ?? .absent
        } catch {
            throw .failed(attempted: attempted, message: error.problem)
        }
    }

    private borrowing func ask(
        _ attempted: String, _ answer: Int32
    ) throws(DomainEditError) -> Int32 {
        guard answer >= 0 else { throw .last(attempted + " of domain \(uuid)") }
        return answer
    }
}

extension VsockPlan.Configuration {
    fileprivate var flag: UInt32 {
        switch self {
        case .persistent: VIR_DOMAIN_AFFECT_CONFIG.rawValue
        case .live: VIR_DOMAIN_AFFECT_LIVE.rawValue
        }
    }

    fileprivate var words: String {
        switch self {
        case .persistent: "the persistent definition"
        case .live: "the running guest"
        }
    }
}
