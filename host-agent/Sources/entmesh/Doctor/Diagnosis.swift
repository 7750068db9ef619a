// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshControl

/// All that `entmesh doctor` found.
struct Diagnosis: Encodable {
    let version = ControlAPI.version
    let findings: [Finding]

    init(_ findings: [Finding]) {
        self.findings = findings
    }

    /// Whether anything does not work.
    var hasFailed: Bool { findings.contains { $0.verdict == .fail } }

    /// For a person: a line a finding, and below it what mends it.
    func render(colour: Bool) -> String {
        let width = findings.map(\.subject.count).max() ?? 0
        let lines = findings.flatMap { finding in
            let subject = finding.subject + spaces(width - finding.subject.count)
            let verdict = finding.verdict.rawValue
            let word = paint(verdict, finding.verdict, colour) + spaces(4 - verdict.count)
            let line = "\(word)  \(subject)  \(finding.text.escapedForDisplay)"
            let fix = finding.fix.map {
                "\(spaces(width + 8))fix: \($0.escapedForDisplay)"
            }
            return [line] + [fix].compactMap(\.self)
        }
        return (lines + [summary]).joined(separator: "\n")
    }

    private var summary: String {
        func count(_ verdict: Finding.Verdict) -> Int {
            findings.count { $0.verdict == verdict }
        }
        return "\(count(.ok)) ok, \(count(.warn)) warn, \(count(.fail)) fail"
    }

    // The words say it all; colour only helps the eye.
    private func paint(_ word: String, _ verdict: Finding.Verdict, _ colour: Bool) -> String {
        guard colour else { return word }
        let code =
            switch verdict {
            case .ok: "32"
            case .warn: "33"
            case .fail: "31"
            }
        return "\u{1B}[\(code)m\(word)\u{1B}[0m"
    }

    private func spaces(_ count: Int) -> String { String(repeating: " ", count: count) }
}
