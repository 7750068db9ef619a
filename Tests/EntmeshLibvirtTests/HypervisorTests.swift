// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import CLibvirt
import Foundation
import Testing

@testable import EntmeshLibvirt

@Suite("A hypervisor")
struct HypervisorTests {
    private let web = TestDomain(1, "web1").cid(7)

    @Test("lists every domain with what its configuration says")
    func enumerates() async throws {
        let node = try TestNode([
            web.with {
                $0.devices +=
                    "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>"
                $0.genID = true
            },
            TestDomain(2, "twin").cid(7).with { $0.isTransient = true },
            TestDomain(3, "plain"),
            TestDomain(4, "saved").cid(9).with {
                $0.state = 5
                $0.hasManagedSaveImage = true
            },
            TestDomain(5, "off").cid(10).with { $0.state = 5 },
            TestDomain(6, "held").cid(11).with { $0.state = 3 },
            TestDomain(7, "auto").with { $0.devices = "<vsock><cid auto='yes'/></vsock>" },
        ])
        try await Watch.of(node, access: .readOnly) { watch in
            let domains = try await watch.connected()
            #expect(domains.count == 7)

            let web = try #require(domains["web1"])
            #expect(web.uuid == self.web.uuid)
            #expect(web.state == .running && web.isActive && !web.isTransient)
            #expect(web.guestCID == 7 && web.hasVsock && web.hasRNG && web.hasGenID)
            #expect(web.problem == nil)

            let twin = try #require(domains["twin"])
            #expect(twin.guestCID == 7 && twin.isTransient)

            let plain = try #require(domains["plain"])
            #expect(plain.guestCID == nil && !plain.hasVsock && !plain.hasRNG && !plain.hasGenID)

            let saved = try #require(domains["saved"])
            #expect(saved.state == .saved && saved.guestCID == nil && saved.hasVsock)
            #expect(domains["off"]?.state == .shutOff && domains["off"]?.id == nil)
            #expect(domains["held"]?.state == .paused && domains["held"]?.guestCID == 11)

            // The test driver never gives an automatic CID: an active domain without one.
            let auto = try #require(domains["auto"])
            #expect(auto.guestCID == nil && auto.hasVsock && auto.problem != nil)
        }
    }

    @Test("reads libvirt's own example on a read-only connection")
    func opensDefault() async throws {
        let hypervisor = try Hypervisor(uri: "test:///default")
        let (connected, continuation) = AsyncStream<[Domain]>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await hypervisor.run { update in
                    if case .connected(let domains) = update { continuation.yield(domains) }
                }
            }
            for await domains in connected {
                #expect(domains.map(\.name) == ["test"])
                #expect(domains.first?.state == .running)
                break
            }
            let names = try await hypervisor.domains().map(\.name)
            #expect(names == ["test"])
            group.cancelAll()
        }
    }

    @Test(
        "takes any name",
        arguments: [
            "&#9;tab", "a b'c&quot;d", "\u{202e}gnp.exe", "\u{1F600}", "&#10;&#10;", "-rf",
            String(repeating: "n", count: 255), String(repeating: "\u{e9}", count: 2000),
        ])
    func takesNames(name: String) async throws {
        let node = try TestNode([web.with { $0.name = name }])
        try await Watch.of(node) { watch in
            let domain = try #require(try await watch.connected().first?.value)
            #expect(!domain.name.isEmpty && domain.name.utf8.count <= 257)
            #expect(domain.guestCID == 7)
            try await watch.operate(on: web) { virDomainDestroy($0) }
            #expect(try await watch.event().event.name == domain.name)
        }
    }

    @Test("tells what happens to a domain, in order, with the domain as it is afterwards")
    func tellsEvents() async throws {
        try await Watch.of(try TestNode([web])) { watch in
            let before = try #require(try await watch.connected()["web1"])

            try await watch.operate(on: web) { virDomainSuspend($0) }
            let suspended = try await watch.event()
            #expect(suspended.event.kind == .suspended(.paused))
            #expect(suspended.event.uuid == web.uuid && suspended.event.name == "web1")
            #expect(suspended.domain?.state == .paused && suspended.domain?.guestCID == 7)

            try await watch.operate(on: web) { virDomainResume($0) }
            #expect(try await watch.event().event.kind == .resumed(.unpaused))

            try await watch.operate(on: web) { virDomainDestroy($0) }
            let stopped = try await watch.event()
            #expect(stopped.event.kind == .stopped(.destroyed) && stopped.event.isGone)
            #expect(stopped.domain?.guestCID == nil && stopped.domain?.id == nil)
            #expect(stopped.domain?.state == .shutOff && stopped.domain?.hasVsock == true)

            try await watch.operate(on: web) { virDomainCreate($0) }
            let started = try await watch.event()
            #expect(started.event.kind == .started(.booted))
            #expect(started.domain?.guestCID == 7)
            #expect(started.domain?.id != nil && started.domain?.id != before.id)
        }
    }

    @Test("tells of a domain that is gone for good without a domain")
    func tellsUndefined() async throws {
        try await Watch.of(try TestNode([web.with { $0.state = 5 }])) { watch in
            _ = try await watch.connected()
            try await watch.operate(on: web) { virDomainUndefine($0) }
            let undefined = try await watch.event()
            #expect(undefined.event.kind == .undefined(.removed))
            #expect(undefined.domain == nil)
            #expect(try await watch.hypervisor.domain(uuid: web.uuid) == nil)
        }
    }

    @Test("tells of a rename with the UUID that stays")
    func tellsRename() async throws {
        try await Watch.of(try TestNode([web.with { $0.state = 5 }])) { watch in
            _ = try await watch.connected()
            try await watch.operate(on: web) { virDomainRename($0, "web2", 0) }
            let old = try await watch.event()
            #expect(old.event.kind == .undefined(.renamed))
            #expect(old.event.name == "web1" && old.domain?.name == "web2")
            let new = try await watch.event()
            #expect(new.event.kind == .defined(.renamed) && new.event.uuid == web.uuid)
        }
    }

    @Test("tells of a new domain")
    func tellsDefined() async throws {
        try await Watch.of(try TestNode([web])) { watch in
            _ = try await watch.connected()
            let new = TestDomain(9, "new").cid(12)
            let xml = new.xml
            let isDefined = try await watch.hypervisor.withConnection { connection in
                connection.withPointer { pointer -> Bool in
                    guard let domain = virDomainDefineXML(pointer, xml) else { return false }
                    return virDomainFree(domain) == 0
                }
            }
            #expect(isDefined)
            let defined = try await watch.event()
            #expect(defined.event.kind == .defined(.added))
            #expect(defined.domain?.state == .shutOff && defined.domain?.hasVsock == true)
        }
    }

    @Test("says that memory may have run before, after a revert to a snapshot")
    func tellsRevert() async throws {
        try await Watch.of(try TestNode([web])) { watch in
            _ = try await watch.connected()
            try await watch.operate(on: web) { domain in
                guard
                    let snapshot = virDomainSnapshotCreateXML(
                        domain, "<domainsnapshot><name>s</name></domainsnapshot>", 0)
                else { return -1 }
                defer { virDomainSnapshotFree(snapshot) }
                guard virDomainDestroy(domain) == 0 else { return -1 }
                return virDomainRevertToSnapshot(snapshot, 0)
            }
            #expect(try await watch.event().event.kind == .stopped(.destroyed))
            let reverted = try await watch.event()
            #expect(reverted.event.kind == .started(.fromSnapshot))
            #expect(reverted.event.memoryMayHaveRunBefore)
        }
    }

    @Test("says that memory may have run before, after a restore from a file")
    func tellsRestore() async throws {
        try await Watch.of(try TestNode([web])) { watch in
            _ = try await watch.connected()
            let file = FileManager.default.temporaryDirectory.appending(
                path: "entmesh-saved-\(UUID().uuidString)")
            defer { try? FileManager.default.removeItem(at: file) }
            let path = file.path
            try await watch.operate(on: web) { virDomainSave($0, path) }
            #expect(try await watch.event().event.kind == .stopped(.saved))
            let result = try await watch.hypervisor.withConnection { connection in
                connection.withPointer { virDomainRestore($0, path) }
            }
            #expect(result == 0)
            let restored = try await watch.event()
            #expect(restored.event.kind == .started(.restored))
            #expect(restored.event.memoryMayHaveRunBefore && restored.domain?.guestCID == 7)
        }
    }

    @Test("reads everything anew from time to time")
    func resyncs() async throws {
        let limits = HypervisorLimits.test { $0.resyncInterval = .milliseconds(5) }
        try await Watch.of(try TestNode([web]), limits: limits) { watch in
            _ = try await watch.connected()
            for _ in 0..<3 {
                guard case .resynced(let domains) = try await watch.next() else {
                    throw Watch.Unexpected(wanted: "resynced")
                }
                #expect(domains.map(\.name) == ["web1"])
            }
        }
    }

    @Test("answers about one domain, and about one that never was")
    func answers() async throws {
        try await Watch.of(try TestNode([web])) { watch in
            _ = try await watch.connected()
            #expect(try await watch.hypervisor.domain(uuid: web.uuid)?.guestCID == 7)
            #expect(try await watch.hypervisor.domain(uuid: TestDomain(99, "").uuid) == nil)
            #expect(try await watch.hypervisor.domains().count == 1)
        }
    }

    @Test("cannot change anything: its connection is read-only")
    func isReadOnly() async throws {
        try await Watch.of(try TestNode([web]), access: .readOnly) { watch in
            _ = try await watch.connected()
            let code = try await watch.hypervisor.withConnection { [web] connection in
                connection.withPointer { pointer -> Int32 in
                    let domain = virDomainLookupByUUID(pointer, web.uuid.bytes)
                    defer { virDomainFree(domain) }
                    return virDomainDestroy(domain) < 0 ? virGetLastErrorCode() : 0
                }
            }
            #expect(code == Int32(VIR_ERR_OPERATION_DENIED.rawValue))
        }
    }
}
