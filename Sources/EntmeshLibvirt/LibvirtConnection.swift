// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CLibvirt
internal import Glibc

/// Owns a libvirt connection and its subscriptions. Lives on the worker thread only, as every call
/// may block. Before `init` there is nothing, after `deinit` nothing is left: subscriptions end
/// first, then the connection, then its share in the event loop.
struct LibvirtConnection: ~Copyable {
    enum Access: Sendable {
        /// Enough to list, to read configurations and to receive events.
        case readOnly
        /// For the tests, whose events somebody has to cause.
        case readWrite
    }

    /// Where the subscriptions deliver.
    let inbox: EventInbox
    private let pointer: virConnectPtr
    private let eventLoop: EventLoopShare
    private let subscription: LibvirtSubscription

    /// Connects, and subscribes before anything can be asked, so that no event is missed between
    /// the first answer and the first event.
    init(
        uri: HypervisorURI, access: Access, limits: HypervisorLimits, inbox: EventInbox
    ) throws(HypervisorError) {
        let eventLoop = try EventLoopShare()
        let pointer =
            switch access {
            case .readOnly: virConnectOpenReadOnly(uri.text)
            case .readWrite: virConnectOpen(uri.text)
            }
        guard let pointer else { throw .lastOfLibvirt("connect to libvirt at \(uri.text)") }
        do throws(HypervisorError) {
            try Self.keepAlive(pointer, limits)
            subscription = try LibvirtSubscription(pointer, inbox: inbox)
        } catch {
            virConnectClose(pointer)
            throw error
        }
        self.inbox = inbox
        self.pointer = pointer
        self.eventLoop = eventLoop
    }

    deinit {
        subscription.cancel(pointer)
        virConnectClose(pointer)
    }

    /// Lends libvirt's own handle.
    borrowing func withPointer<Value>(_ body: (virConnectPtr) -> Value) -> Value { body(pointer) }

    /// Whether libvirt still takes calls, as far as it knows.
    var isAlive: Bool { virConnectIsAlive(pointer) == 1 }

    /// libvirt's own number for its version.
    borrowing func version() throws(HypervisorError) -> UInt {
        var number: UInt = 0
        guard virConnectGetLibVersion(pointer, &number) == 0 else {
            throw .lastOfLibvirt("ask for libvirt's version")
        }
        return number
    }

    /// All domains, active or not.
    borrowing func domainUUIDs() throws(HypervisorError) -> [DomainUUID] {
        var list: UnsafeMutablePointer<virDomainPtr?>?
        let count = virConnectListAllDomains(pointer, &list, 0)
        guard count >= 0 else { throw .lastOfLibvirt("list the domains") }
        defer { free(list) }
        return (0..<Int(count)).compactMap { index in
            list?[index].flatMap { LibvirtDomain(owning: $0).uuid }
        }
    }

    /// What libvirt knows of a domain; `nil` if it knows none.
    borrowing func facts(of uuid: DomainUUID) throws(HypervisorError) -> DomainFacts? {
        var facts = DomainFacts(uuid: uuid)
        do throws(HypervisorError) {
            let domain = try lookUp(uuid)
            facts.name = domain.name
            try domain.read(into: &facts)
        } catch {
            if error.isNoSuchDomain { return nil }
            // One strange domain must not hide the others: only a dead connection is an error.
            guard isAlive else { throw error }
            facts.problem = error.description
        }
        return facts
    }

    private borrowing func lookUp(_ uuid: DomainUUID) throws(HypervisorError) -> LibvirtDomain {
        let found = uuid.bytes.withUnsafeBufferPointer { bytes in
            virDomainLookupByUUID(pointer, bytes.baseAddress)
        }
        guard let found else { throw .lastOfLibvirt("look up domain \(uuid)") }
        return LibvirtDomain(owning: found)
    }

    // So that a libvirtd that hangs, or a machine that is gone, is noticed.
    private static func keepAlive(
        _ pointer: virConnectPtr, _ limits: HypervisorLimits
    ) throws(HypervisorError) {
        // 1 means that the other side is too old for it.
        guard
            virConnectSetKeepAlive(pointer, limits.keepAliveInterval, limits.keepAliveCount) < 0
        else { return }
        let error = HypervisorError.lastOfLibvirt("ask libvirt for signs of life")
        if !error.isNoSupport { throw error }
    }
}
