// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

public import EntmeshLinux

/// A change of state worth a line on standard error.
public enum GuestNews: Equatable, Sendable {
    /// The handshake with the host is over.
    case connected
    /// The first block on this connection went in.
    case fed(Injection.Outcome)
    /// The kernel refused a block, for the first time or with another errno than before.
    case refused(Errno)
    /// The connection ended.
    case lost(LinkEnding)
    /// The first dial of a series failed.
    case unreachable(DialError)
    /// `--once` ran out of time.
    case gaveUp
}
