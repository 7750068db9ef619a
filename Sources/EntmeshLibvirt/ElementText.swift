// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// An XML element, written from what a parser tells of it; text between elements is left out.
struct ElementText {
    /// The most that is written, in bytes: devices have some hundreds.
    static let byteLimit = 16_384
    // Indentation beyond it would grow with the square of what is nested.
    private static let mostIndentation = 8

    private(set) var text = ""
    /// Whether there was more to write than that.
    private(set) var isCutOff = false
    private var depth = 0
    // Whether the last tag still wants its end: an element with nothing in it is closed by it.
    private var isTagOpen = false

    mutating func open(_ name: String, _ attributes: [String: String]) {
        guard hasRoom else { return }
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
        guard hasRoom else { return }
        depth -= 1
        if isTagOpen {
            text += "/>"
        } else {
            beginLine()
            text += "</\(name)>"
        }
        isTagOpen = false
    }

    private var hasRoom: Bool {
        mutating get {
            isCutOff = isCutOff || text.utf8.count > Self.byteLimit
            return !isCutOff
        }
    }

    private mutating func beginLine() {
        guard !text.isEmpty else { return }
        text += "\n" + String(repeating: "  ", count: min(depth, Self.mostIndentation))
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
