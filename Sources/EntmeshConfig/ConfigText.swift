// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshControl
internal import Yams

/// The text of a configuration file, on its way through the YAML parser.
package struct ConfigText {
    private let text: String
    private let file: String

    /// - Parameter file: its name, for messages.
    package init(text: String, file: String) {
        self.text = text
        self.file = file
    }

    /// That `problem` is with the file as a whole.
    package func failure(_ problem: String) -> ConfigError {
        ConfigError(file: file, place: nil, problem: problem)
    }

    /// The document's value; nil if there are comments only.
    package func root() throws(ConfigError) -> ConfigNode? {
        try refuseNesting()
        try refuseAliases()
        do {
            // All plain scalars are texts to the parser: what they mean is for `ConfigNode` to say.
            let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
            guard let root = try parser.singleRoot() else { return nil }
            // The nodes know of their anchors only as long as the parser lives.
            try withExtendedLifetime(parser) { try refuseAnchors(in: root) }
            return ConfigNode(file: file, node: root)
        } catch let error as ConfigError {
            throw error
        } catch let error as YamlError {
            throw failure(error)
        } catch {
            throw failure("is no YAML: \(error)", nil)
        }
    }

    // MARK: Nesting

    /// How deeply values may be in each other; a good file needs five levels.
    private static let mostLevels = 64

    // The parser calls itself for each level, and would go on to a thousand or two on the stack of
    // whatever thread this is. What is quoted counts too: nobody has so much of it.
    private func refuseNesting() throws(ConfigError) {
        let scalars = text.unicodeScalars
        var level = 0
        for index in scalars.indices {
            switch scalars[index] {
            case "[", "{": level += 1
            case "]", "}": level = max(0, level - 1)
            default: continue
            }
            guard level <= Self.mostLevels else { throw nesting(at: place(of: index)) }
        }
        for line in scalars.split(whereSeparator: \.isLineBreak) {
            // Each level has a column more than the one around it; a '- ' takes two.
            let start = line.prefix(while: \.isOfAnIndent)
            guard start.count <= 2 * Self.mostLevels || line.allSatisfy(\.properties.isWhitespace)
            else { throw nesting(at: place(of: start.endIndex)) }
        }
    }

    private func nesting(at place: ConfigError.Place?) -> ConfigError {
        ConfigError(file: file, place: place, problem: "it is nested too deeply")
    }

    // MARK: Anchors and aliases

    private static let noAliases = """
        anchors and aliases are not used here; put quotation marks around a text that begins with \
        '*' or '&'
        """

    // An anchor that is used often makes a small file endless, and the parser looks through all of
    // it: so this comes first. It cannot tell what is quoted or a comment, and takes any word that
    // is somewhere after '&' and somewhere after '*'.
    private func refuseAliases() throws(ConfigError) {
        let anchors = Set(words(after: "&").map(\.word))
        guard let alias = words(after: "*").first(where: { anchors.contains($0.word) }) else {
            return
        }
        throw ConfigError(file: file, place: place(of: alias.index), problem: Self.noAliases)
    }

    private func words(after mark: Unicode.Scalar) -> [(index: String.Index, word: String)] {
        let scalars = text.unicodeScalars
        return scalars.indices.filter { scalars[$0] == mark }.map { index in
            let word = scalars[index...].dropFirst().prefix(while: \.isOfAnAnchor)
            return (index, String(word))
        }.filter { !$0.word.isEmpty }
    }

    // Every alias is gone, or this would go through each as often as it is used.
    private func refuseAnchors(in node: Node) throws(ConfigError) {
        guard node.anchor == nil else {
            throw failure(Self.noAliases, node.mark)
        }
        switch node {
        case .mapping(let mapping):
            for (key, value) in mapping {
                try refuseAnchors(in: key)
                try refuseAnchors(in: value)
            }
        case .sequence(let sequence):
            for element in sequence { try refuseAnchors(in: element) }
        case .scalar, .alias: break
        }
    }

    // MARK: Errors

    private func failure(_ error: YamlError) -> ConfigError {
        switch error {
        case .composer(_, "found undefined alias", let mark, _):
            failure(Self.noAliases, mark)
        case .scanner(let context?, _, _, _)
        where ["while scanning an alias", "while scanning an anchor"].contains(context.text):
            failure(Self.noAliases, context.mark)
        case .composer(_, "but found another document", let mark, _):
            failure("another document begins; there can be one only", mark)
        case .parser(_, let problem, let mark, _) where problem.hasPrefix("Maximum nesting level"):
            nesting(at: .init(line: mark.line, column: mark.column))
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            failure(problem, mark)
        case .duplicatedKeysInMapping(let keys, let context):
            failure(
                "the key '\((keys.first ?? "").escapedForDisplay)' is there twice", context.mark)
        case .reader(let problem, let offset, _, _):
            ConfigError(
                file: file,
                place: offset.map { offset in
                    let end = text.endIndex
                    return place(
                        of: text.index(text.startIndex, offsetBy: offset, limitedBy: end) ?? end)
                },
                problem: problem)
        case .no, .memory, .writer, .emitter, .representer, .dataCouldNotBeDecoded:
            failure("is no YAML", nil)
        }
    }

    private func failure(_ problem: String, _ mark: Mark?) -> ConfigError {
        ConfigError(
            file: file, place: mark.map { .init(line: $0.line, column: $0.column) },
            problem: problem)
    }

    private func place(of index: String.Index) -> ConfigError.Place {
        let lines = text.unicodeScalars[..<index].split(
            separator: "\n", omittingEmptySubsequences: false)
        return .init(line: lines.count, column: (lines.last?.count ?? 0) + 1)
    }
}

// As libyaml has them.
extension Unicode.Scalar {
    fileprivate var isLineBreak: Bool {
        switch self {
        case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}": true
        default: false
        }
    }

    fileprivate var isOfAnIndent: Bool {
        switch self {
        case " ", "\t", "-", "?", ":": true
        default: false
        }
    }

    fileprivate var isOfAnAnchor: Bool {
        switch self {
        case "0"..."9", "A"..."Z", "a"..."z", "_", "-": true
        default: false
        }
    }
}
