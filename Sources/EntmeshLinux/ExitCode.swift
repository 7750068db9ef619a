// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CEntmeshLinux

/// How a program ends (sysexits.h).
public struct ExitCode: Equatable, Sendable {
    public let rawValue: Int32

    public init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    public static let success = ExitCode(rawValue: 0)
    /// A question was answered with no.
    public static let no = ExitCode(rawValue: 1)
    /// The command line is wrong (64).
    public static let usage = ExitCode(rawValue: Int32(entmesh_EX_USAGE))
    /// Something the program needs is not there (69).
    public static let unavailable = ExitCode(rawValue: Int32(entmesh_EX_UNAVAILABLE))
    /// It may work later (75).
    public static let tryLater = ExitCode(rawValue: Int32(entmesh_EX_TEMPFAIL))
}
