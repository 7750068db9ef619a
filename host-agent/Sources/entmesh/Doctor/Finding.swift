// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// What one look of `entmesh doctor` found.
struct Finding: Encodable, Equatable {
    enum Verdict: String, Encodable {
        case ok
        /// It works, and could work better or soon may not.
        case warn
        /// It does not work.
        case fail
    }

    /// What was looked at, in a word.
    let subject: String
    let verdict: Verdict
    /// What was found.
    let text: String
    /// What to type, or to do.
    let fix: String?

    static func ok(_ subject: String, _ text: String) -> Finding {
        Finding(subject: subject, verdict: .ok, text: text, fix: nil)
    }

    static func warn(_ subject: String, _ text: String, fix: String? = nil) -> Finding {
        Finding(subject: subject, verdict: .warn, text: text, fix: fix)
    }

    static func fail(_ subject: String, _ text: String, fix: String? = nil) -> Finding {
        Finding(subject: subject, verdict: .fail, text: text, fix: fix)
    }
}
