// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// What is wrong with a configuration file, and where: `host.yaml:12:5: unknown key 'sorces'`.
public struct ConfigError: Error, Equatable, CustomStringConvertible {
    /// A place in the file; both count from 1.
    public struct Place: Equatable, Sendable {
        public let line: Int
        public let column: Int
    }

    /// The file, as it was named.
    public let file: String
    /// Nil if it is about the file as a whole.
    public let place: Place?
    /// What is wrong, and what to write instead.
    public let problem: String

    public var description: String {
        place.map { "\(file):\($0.line):\($0.column): \(problem)" } ?? "\(file): \(problem)"
    }
}
