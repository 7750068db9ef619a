// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CLibvirt
internal import EntmeshLibvirt

/// Owns a connection to this machine's libvirt that may change domains: for the command line only.
/// The daemon does not link this; it reads, with `Hypervisor`.
///
/// Calls block until libvirt answers.
package struct WritableHypervisor: ~Copyable {
    /// What the connection is for.
    package enum Access: Sendable {
        /// To look, which takes no privilege.
        case readOnly
        /// To change domains, which equals root.
        case readWrite
    }

    private let pointer: virConnectPtr

    /// Connects.
    ///
    /// - Parameter uri: a libvirt URI of this machine; `nil` is `qemu:///system`.
    package init(uri: String?, access: Access) throws(DomainEditError) {
        let text = try Self.checked(uri)
        // Or libvirt prints every error to standard error, too.
        virSetErrorFunc(nil) { _, _ in }
        let pointer =
            switch access {
            case .readOnly: virConnectOpenReadOnly(text)
            case .readWrite: virConnectOpen(text)
            }
        guard let pointer else { throw .lastOfConnecting(to: text) }
        self.pointer = pointer
    }

    deinit { virConnectClose(pointer) }

    /// The domain that `text` means: a number is an id, anything else a UUID or a name.
    package borrowing func domain(_ text: String) throws(DomainEditError) -> WritableDomain {
        if let id = Int(text) {
            // No domain has another id, and libvirt calls a negative one a wrong argument.
            guard let id = Int32(exactly: id), id >= 0 else { throw .noSuchDomain(text) }
            return try found(virDomainLookupByID(pointer, id), text)
        }
        if let uuid = DomainUUID(text) {
            let found = uuid.bytes.withUnsafeBufferPointer {
                virDomainLookupByUUID(pointer, $0.baseAddress)
            }
            if let found { return WritableDomain(owning: found, uuid: uuid) }
            let error = DomainEditError.lastOfLookingUp(text)
            guard error == .noSuchDomain(text) else { throw error }
        }
        // A name ends at a NUL for libvirt, and would be another one.
        guard !text.utf8.contains(0) else { throw .noSuchDomain(text) }
        return try found(virDomainLookupByName(pointer, text), text)
    }

    private borrowing func found(
        _ domain: virDomainPtr?, _ text: String
    ) throws(DomainEditError) -> WritableDomain {
        guard let domain else { throw .lastOfLookingUp(text) }
        return try WritableDomain(owning: domain)
    }

    private static func checked(_ uri: String?) throws(DomainEditError) -> String {
        do throws(HypervisorError) {
            return try HypervisorURI(uri).text
        } catch {
            throw .unsuitable(error)
        }
    }
}
