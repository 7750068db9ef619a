// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// What is wrong with a certificate, a key or a CA of our own: which, why, and what to type.
public struct IdentityError: Error, Equatable, CustomStringConvertible {
    /// The file, directory or name that it is about.
    public let subject: String
    /// What is wrong with it, and what to do.
    public let problem: String

    /// Both are for people, and nothing in them is secret.
    public init(_ subject: String, _ problem: String) {
        self.subject = subject
        self.problem = problem
    }

    public var description: String { "\(subject): \(problem)" }
}
