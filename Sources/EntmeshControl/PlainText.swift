// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

extension String {
    /// The text with everything escaped that could act on a terminal, a log or a page: control
    /// characters, line and paragraph separators, and the marks that turn the reading direction.
    public var escapedForDisplay: String {
        var text = ""
        for scalar in unicodeScalars {
            if scalar.isSafeToDisplay {
                text.unicodeScalars.append(scalar)
            } else {
                text += "\\u{" + String(scalar.value, radix: 16) + "}"
            }
        }
        return text
    }
}

extension Unicode.Scalar {
    /// Whether it only shows itself: see `escapedForDisplay`.
    public var isSafeToDisplay: Bool {
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
            .paragraphSeparator:
            false
        default: true
        }
    }
}
