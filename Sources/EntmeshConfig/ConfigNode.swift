// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshControl
internal import Yams

/// A value in a configuration file, read strictly: what is not expected is an error with its place.
package struct ConfigNode {
    let file: String
    let node: Node

    // MARK: Errors

    /// That `problem` is here.
    package func failure(_ problem: String) -> ConfigError {
        ConfigError(
            file: file, place: node.mark.map { .init(line: $0.line, column: $0.column) },
            problem: problem)
    }

    /// The value as the file has it, for messages; not all of it if it is long.
    package var shown: String {
        guard let text = node.scalar?.string else { return "this" }
        let isLong = text.count > 64
        return "'\((isLong ? text.prefix(64) + "…" : text[...]).escaped)'"
    }

    // MARK: Collections

    /// The values of a mapping by key; all keys must be among `keys`.
    package func mapping(_ keys: String...) throws(ConfigError) -> [String: ConfigNode] {
        try mapping(keys)
    }

    /// The values of a mapping by key; all keys must be among `keys`.
    package func mapping(_ keys: [String]) throws(ConfigError) -> [String: ConfigNode] {
        guard let mapping = node.mapping else {
            throw failure("\(shown) is no mapping; write: \(keys.joined(separator: ", ")): ...")
        }
        var values: [String: ConfigNode] = [:]
        for (key, value) in mapping {
            let place = ConfigNode(file: file, node: key)
            guard let name = key.scalar?.string, keys.contains(name) else {
                throw place.failure(place.unknownKey(of: keys))
            }
            // The parser takes keys of one text for two if they have different tags.
            guard values[name] == nil else {
                throw place.failure("the key \(place.shown) is there twice")
            }
            values[name] = ConfigNode(file: file, node: value)
        }
        return values
    }

    private func unknownKey(of keys: [String]) -> String {
        let guess = node.scalar?.string.nearest(of: keys).map { "did you mean '\($0)'?" }
        return "unknown key \(shown) (\(guess ?? "known: \(keys.joined(separator: ", "))"))"
    }

    /// The elements of a list, at most `limit`.
    package func list(atMost limit: Int) throws(ConfigError) -> [ConfigNode] {
        guard let sequence = node.sequence else {
            throw failure("\(shown) is no list; begin each element with '- '")
        }
        guard sequence.count <= limit else { throw failure("there are more than \(limit)") }
        return sequence.map { ConfigNode(file: file, node: $0) }
    }

    // MARK: Scalars

    /// Whether nothing is there: `key:` and no more.
    package var isNothing: Bool {
        guard let scalar = node.scalar else { return false }
        return scalar.style == .plain && ["", "~", "null"].contains(scalar.string)
    }

    /// A text that is not empty, of at most 255 bytes, without control characters.
    package func text() throws(ConfigError) -> String {
        guard let text = node.scalar?.string, !isNothing, !text.isEmpty else {
            throw failure("a text is missing")
        }
        guard text.utf8.count <= 255, text.unicodeScalars.allSatisfy(\.isSafeToDisplay) else {
            throw failure("\(shown) is too long, or has control characters")
        }
        return text
    }

    /// An absolute path.
    func path() throws(ConfigError) -> String {
        let text = try text()
        guard text.hasPrefix("/") else { throw failure("\(shown) is no path; begin with '/'") }
        return text
    }

    /// `on` or `off`.
    package func flag() throws(ConfigError) -> Bool {
        switch node.scalar?.string {
        case "on", "true", "yes": return true
        case "off", "false", "no": return false
        default: throw failure("\(shown) is neither on nor off")
        }
    }

    /// One of `cases`.
    package func choice<Choice>(_ cases: [(String, Choice)]) throws(ConfigError) -> Choice {
        let text = node.scalar?.string ?? ""
        if let found = cases.first(where: { $0.0 == text }) { return found.1 }
        let guess = text.nearest(of: cases.map(\.0)).map { " (did you mean '\($0)'?)" } ?? ""
        let words = cases.map(\.0).joined(separator: ", ")
        throw failure("\(shown) is not one of \(words)" + guess)
    }

    /// A whole number within `range`.
    package func integer(_ range: ClosedRange<Int>) throws(ConfigError) -> Int {
        guard let text = node.scalar?.string, let number = Int(text), range.contains(number) else {
            throw failure(
                "\(shown) is no whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// A size in bytes within `range`: a number, and B, KiB, MiB or GiB.
    package func byteCount(
        _ range: ClosedRange<Int>, suffix: String = ""
    ) throws(ConfigError) -> Int {
        guard let count = Self.byteCount(node.scalar?.string ?? "", suffix: suffix) else {
            throw failure(
                """
                \(shown) has no unit that is known: write a number and B\(suffix), KiB\(suffix), \
                MiB\(suffix) or GiB\(suffix), as in '64 KiB\(suffix)'
                """)
        }
        guard range.contains(count) else {
            throw failure(
                "\(shown) is out of range: \(range.lowerBound) to \(range.upperBound) B\(suffix)")
        }
        return count
    }

    private static func byteCount(_ text: String, suffix: String) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let unit = text.dropFirst(digits.count).drop { $0 == " " }
        let factors = ["B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30]
        guard !digits.isEmpty, unit.isEmpty || unit.hasSuffix(suffix),
            let factor = unit.isEmpty ? 1 : factors[String(unit.dropLast(suffix.count))]
        else { return nil }
        let (count, overflow) = (Int(digits) ?? .max).multipliedReportingOverflow(by: factor)
        return overflow ? .max : count
    }
}

extension Substring {
    fileprivate var escaped: String { String(self).escapedForDisplay }
}
