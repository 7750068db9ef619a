// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshLibvirt
internal import EntmeshLibvirtWrite

/// Changes a domain until it has a vsock device, or none.
struct VsockEdit: ~Copyable {
    /// How long a running guest is given to let a device go: its kernel answers in well under a
    /// second, one that is booting or busy may take some.
    private static let patience = Duration.seconds(15)
    private static let pause = Duration.milliseconds(200)

    private let change: VsockPlan.Change
    private let domain: WritableDomain

    init(_ change: VsockPlan.Change, of domain: consuming WritableDomain) {
        self.change = change
        self.domain = domain
    }

    /// Does it, unless that is only to be shown, and says what came of it.
    func report(dryRun: Bool) async throws -> VsockReport {
        let before = try domain.vsocks()
        let plan = VsockPlan(change, of: before)
        var report = VsockReport(change, of: before, plan: plan, isDryRun: dryRun)
        guard !dryRun else { return report }
        for step in plan.steps {
            do throws(DomainEditError) {
                try perform(step)
                report.record(step.configuration, failure: nil)
            } catch {
                report.record(step.configuration, failure: error)
            }
        }
        try await report.confirm(settled(plan))
        return report
    }

    private func perform(_ step: VsockPlan.Step) throws(DomainEditError) {
        switch change {
        case .attach: try domain.attach(step.xml, to: step.configuration)
        case .detach: try domain.detach(step.xml, from: step.configuration)
        }
    }

    // A device leaves a running guest when its kernel has let it go.
    private func settled(_ plan: VsockPlan) async throws -> DomainVsocks {
        let waits = change == .detach && plan.steps.contains { $0.configuration == .live }
        let deadline = ContinuousClock.now + Self.patience
        while true {
            let now = try domain.vsocks()
            if !waits || now.live.device == nil || ContinuousClock.now >= deadline { return now }
            try await Task.sleep(for: Self.pause)
        }
    }
}
