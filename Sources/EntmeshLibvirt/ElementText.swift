// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// An XML element, written from what a parser tells of it; text between elements is left out.
struct ElementText {
    private(set) var text = ""
    private var depth = 0
    // Whether the last tag still wants its end: an element with nothing in it is closed by it.
    private var isTagOpen = false

    mutating func open(_ name: String, _ attributes: [String: String]) {
        if isTagOpen { text += ">" }
        beginLine()
        text += "<" + name
        for (name, value) in attributes.sorted(by: { $0.key < $1.key }) {
            text += " \(name)='\(Self.escaped(value))'"
        }
        isTagOpen = true
        depth += 1
    }

    mutating func close(_ name: String) {
        depth -= 1
        if isTagOpen {
            text += "/>"
        } else {
            beginLine()
            text += "</\(name)>"
        }
        isTagOpen = false
    }

    private mutating func beginLine() {
        if !text.isEmpty { text += "\n" + String(repeating: "  ", count: depth) }
    }

    private static func escaped(_ value: String) -> String {
        value.unicodeScalars.map { scalar in
            switch scalar {
            case "&", "<", ">", "'", "\"", "\t", "\n", "\r": "&#\(scalar.value);"
            default: String(scalar)
            }
        }.joined()
    }
}
