// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshSources
internal import Yams

extension SourcesSettings {
    private static let mostSources = 64

    mutating func read(_ node: ConfigNode) throws(ConfigError) {
        guard let node = node.unlessNothing else { return }
        let keys = try node.mapping("required", "use")
        if let flag = keys["required"] { isRequired = try flag.flag() }
        guard let list = keys["use"]?.unlessNothing else { return }
        var names: Set<String> = []
        var sources: [SourceSettings] = []
        for element in try list.list(atMost: Self.mostSources) {
            let source = try SourceSettings(element)
            guard names.insert(source.name).inserted else {
                throw element.failure("there are two sources called '\(source.name)'")
            }
            sources.append(source)
        }
        named = sources
    }
}

extension SourceSettings {
    fileprivate init(_ node: ConfigNode) throws(ConfigError) {
        let keys = try node.mapping("kind", "name", "path", "claim", "baud")
        guard let kind = keys["kind"] else { throw node.failure("a source takes a kind") }
        let kinds = NoiseSourceKind.allCases.map { ($0.rawValue, $0) }
        self.init(kind: try kind.choice(kinds))
        if let path = keys["path"] { try read(path: path) }
        if self.path == nil, self.kind.needsPath {
            throw node.failure("a source of kind '\(self.kind.rawValue)' takes a path")
        }
        if let name = keys["name"] { self.name = try name.text() }
        if let claim = keys["claim"] { self.claim = try claim.claim() }
        guard let baud = keys["baud"] else { return }
        guard self.kind == .characterDevice else {
            throw baud.failure("only a source of kind 'device' has a baud rate")
        }
        line = try baud.choice(
            SerialLine.rates.compactMap { rate in
                SerialLine(rate: rate).map { ("\(rate)", $0) }
            })
    }

    private mutating func read(path node: ConfigNode) throws(ConfigError) {
        guard kind.takesPath else {
            throw node.failure("a source of kind '\(kind.rawValue)' has no path")
        }
        let path = try node.path()
        self.path = path
        if kind.needsPath { name = path }
    }
}

extension ConfigNode {
    /// A number of bits a byte that can be claimed of a source, or credited.
    func claim() throws(ConfigError) -> EntropyClaim {
        guard let bits = node.scalar.flatMap({ Double($0.string) }),
            let claim = try? EntropyClaim(bitsPerByte: bits)
        else {
            let allowed = EntropyClaim.allowedBitsPerByte
            throw failure(
                "\(shown) is no number from \(allowed.lowerBound) to \(allowed.upperBound)")
        }
        return claim
    }
}
