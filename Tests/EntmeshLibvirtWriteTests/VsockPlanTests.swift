// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshLibvirt
import Testing

@testable import EntmeshLibvirtWrite

@Suite("A plan to give a domain a vsock device, or take it away")
struct VsockPlanTests {
    typealias Presence = DomainVsocks.Presence

    private static let automatic = Presence.present(
        VsockDevice(xml: "<vsock><cid auto='yes'/></vsock>", contextID: nil, isAutomatic: true))
    private static let live = Presence.present(
        VsockDevice(xml: "<vsock><cid address='3'/></vsock>", contextID: 3, isAutomatic: true))
    private static let chosen = Presence.present(
        VsockDevice(xml: "<vsock><cid address='7'/></vsock>", contextID: 7, isAutomatic: false))

    private func plan(
        _ change: VsockPlan.Change, persistent: Presence, live: Presence
    ) throws -> [VsockPlan.Step] {
        let uuid = try #require(DomainUUID(bytes: [UInt8](repeating: 1, count: 16)))
        let domain = DomainVsocks(
            name: "web1", uuid: uuid, live: live, persistent: persistent, saved: .noConfiguration)
        return VsockPlan(change, of: domain).steps
    }

    @Test("changes the persistent definition first, then the running guest")
    func changesBoth() throws {
        let attach = try plan(.attach, persistent: .absent, live: .absent)
        #expect(attach.map(\.configuration) == [.persistent, .live])
        #expect(
            Set(attach.map(\.xml)) == ["<vsock model='virtio'>\n  <cid auto='yes'/>\n</vsock>"])
        let detach = try plan(.detach, persistent: Self.automatic, live: Self.live)
        #expect(
            detach == [
                .init(configuration: .persistent, xml: "<vsock><cid auto='yes'/></vsock>"),
                .init(configuration: .live, xml: "<vsock><cid address='3'/></vsock>"),
            ])
    }

    @Test("leaves alone what is as it is wanted")
    func isIdempotent() throws {
        #expect(try plan(.attach, persistent: Self.automatic, live: Self.live).isEmpty)
        #expect(try plan(.detach, persistent: .absent, live: .absent).isEmpty)
    }

    @Test("mends the one configuration that differs")
    func mendsOne() throws {
        #expect(
            try plan(.attach, persistent: .absent, live: Self.live)
                == [.init(configuration: .persistent, xml: VsockPlan.standardDevice)])
        #expect(
            try plan(.attach, persistent: Self.automatic, live: .absent)
                == [.init(configuration: .live, xml: VsockPlan.standardDevice)])
        #expect(
            try plan(.detach, persistent: .absent, live: Self.live).map(\.configuration)
                == [.live])
    }

    @Test("keeps a context ID that somebody chose for the other configuration")
    func keepsChosenContextID() throws {
        let xml = "<vsock model='virtio'>\n  <cid auto='no' address='7'/>\n</vsock>"
        #expect(
            try plan(.attach, persistent: Self.chosen, live: .absent)
                == [.init(configuration: .live, xml: xml)])
        #expect(
            try plan(.attach, persistent: .absent, live: Self.chosen)
                == [.init(configuration: .persistent, xml: xml)])
    }

    @Test("asks nothing of a configuration that there is not")
    func skipsMissingConfigurations() throws {
        #expect(
            try plan(.attach, persistent: .absent, live: .noConfiguration).map(\.configuration)
                == [.persistent])
        #expect(
            try plan(.attach, persistent: .noConfiguration, live: .absent).map(\.configuration)
                == [.live])
    }
}
