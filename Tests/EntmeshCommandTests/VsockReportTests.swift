// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshLibvirt
import EntmeshLibvirtWrite
import Testing

@testable import entmesh

/// The words of `attach` and `detach` where libvirt's test driver cannot lead.
struct VsockReportTests {
    typealias Presence = DomainVsocks.Presence

    private static let live = Presence.present(
        VsockDevice(xml: "<vsock/>", contextID: 3, isAutomatic: true))
    private static let refused = DomainEditError.failed(
        attempted: "add it to the running guest", message: "no slot")

    private func report(
        _ change: VsockPlan.Change, persistent: Presence, live: Presence,
        saved: Presence = .noConfiguration, afterwards: Presence? = nil,
        failure: DomainEditError? = nil, name: String = "web1"
    ) throws -> VsockReport {
        var domain = DomainVsocks(
            name: name, uuid: try #require(DomainUUID("00000000-0000-4000-8000-000000000001")),
            live: live, persistent: persistent, saved: saved)
        let plan = VsockPlan(change, of: domain)
        var report = VsockReport(change, of: domain, plan: plan, isDryRun: false)
        for step in plan.steps {
            report.record(step.configuration, failure: step.configuration == .live ? failure : nil)
        }
        domain.live = afterwards ?? live
        report.confirm(domain)
        return report
    }

    @Test func aRunningGuestGetsItAtOnce() throws {
        let report = try report(
            .attach, persistent: .absent, live: .absent, afterwards: Self.live)
        #expect(report.error == nil)
        #expect(
            report.text == """
                this is added to the persistent definition and the running guest of web1:
                <vsock model='virtio'>
                  <cid auto='yes'/>
                </vsock>
                persistent definition: added
                running guest: added (context ID 3)
                its agent connects by itself, if entmesh-guest is in it; see: entmesh list
                """)
    }

    @Test func whatCannotBeDoneLiveTakesAShutdown() throws {
        let report = try report(
            .attach, persistent: .absent, live: .absent, failure: Self.refused)
        #expect(report.persistent == .added && report.live == .failed)
        #expect(
            report.error == """
                cannot add it to the running guest: no slot; the persistent definition has it, so \
                it takes a shutdown and a start (a reboot in the guest is not enough): \
                virsh shutdown web1; virsh start web1
                """)
    }

    @Test func aGuestThatDoesNotLetGoIsAnError() throws {
        let report = try report(
            .detach, persistent: .absent, live: Self.live, afterwards: Self.live)
        #expect(report.live == .pending)
        #expect(
            report.error?.hasPrefix("the running guest has not let the device go yet; the ") == true
        )
        #expect(report.text.hasSuffix("running guest: was asked to let it go (context ID 3)"))
        #expect(
            try self.report(.detach, persistent: .absent, live: Self.live, afterwards: .absent)
                .error == nil)
    }

    @Test func aTransientGuestKeepsItUntilItStops() throws {
        let report = try report(
            .attach, persistent: .noConfiguration, live: .absent, afterwards: Self.live)
        #expect(report.text.contains("persistent definition: none, since it is transient"))
        #expect(report.notes[0].hasPrefix("it is transient: the device is gone when it stops"))
        let failed = try self.report(
            .attach, persistent: .noConfiguration, live: .absent, failure: Self.refused)
        let error = try #require(failed.error)
        #expect(error.hasSuffix("it is transient: stop it, and make it anew from other XML"))
    }

    @Test func savedMemoryDoesNotHaveIt() throws {
        let report = try report(
            .attach, persistent: .absent, live: .noConfiguration, saved: .absent)
        #expect(report.error == nil)
        #expect(
            report.notes == [
                """
                its saved memory has no vsock device, and the next start goes on with that: start \
                it (virsh start web1), and then again: entmesh attach web1
                """
            ])
        let again = try self.report(
            .attach, persistent: Self.live, live: .noConfiguration, saved: .absent)
        #expect(again.notes == report.notes)
        let saved = try self.report(
            .attach, persistent: Self.live, live: .noConfiguration, saved: Self.live)
        #expect(saved.notes.isEmpty)
    }

    @Test(arguments: ["$(reboot)", "a b", "a;b", "-h", "7", "w\u{1B}[2J"])
    func whatToTypeHasTheUUIDWhereTheNameWouldMeanSomethingElse(_ name: String) throws {
        let report = try report(
            .attach, persistent: .absent, live: .noConfiguration, name: name)
        #expect(
            report.notes == [
                "it is there from the next start on: virsh start "
                    + "00000000-0000-4000-8000-000000000001"
            ])
        let failed = try self.report(
            .attach, persistent: .absent, live: .absent, failure: Self.refused, name: name)
        #expect(failed.error?.contains("virsh shutdown 00000000-0000-4000-8000-0") == true)
        #expect(failed.error?.contains(name) == false)
    }

    @Test func whatIsShutOffHasItFromTheNextStart() throws {
        let report = try report(.attach, persistent: .absent, live: .noConfiguration)
        #expect(
            report.text.hasSuffix(
                """
                running guest: none, since it is not running
                it is there from the next start on: virsh start web1
                """))
    }
}
