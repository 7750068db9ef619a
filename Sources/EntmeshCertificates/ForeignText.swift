// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshControl
internal import Foundation

/// What comes out of certificates, made fit to be shown.
enum ForeignText {
    /// The longest text of a certificate that is shown, in bytes.
    static let longest = 64

    /// `text`, escaped for display, and cut to `longest` bytes.
    static func shown(_ text: String) -> String {
        let ellipsis = "..."
        var (shown, cut) = ("", "")
        for scalar in text.unicodeScalars {
            shown += String(scalar).escapedForDisplay
            if shown.utf8.count <= longest - ellipsis.utf8.count { cut = shown }
            if shown.utf8.count > longest { return cut + ellipsis }
        }
        return shown
    }

    /// `2026-07-01 12:00:00 UTC`.
    static func shown(_ date: Date) -> String {
        let style = Date.ISO8601FormatStyle(dateTimeSeparator: .space)
            .year().month().day().time(includingFractionalSeconds: false)
        return date.formatted(style) + " UTC"
    }
}
