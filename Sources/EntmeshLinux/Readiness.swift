// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CEntmeshLinux
public import EntmeshNode

/// What a wait ended with; nothing is a timeout.
public struct Readiness: OptionSet, Sendable {
    public let rawValue: Int32

    public init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// The socket has bytes, or its stream ended.
    public static let read = Readiness(rawValue: 1)
    /// The socket takes bytes, or its connection stands or failed.
    public static let write = Readiness(rawValue: 2)
    /// The socket has an error to tell: ask SO_ERROR first.
    public static let error = Readiness(rawValue: 4)
    /// A signal came.
    public static let signal = Readiness(rawValue: 8)

    /// Sleeps until one of them is true, or `timeout` passed; nil sleeps for ever (ppoll(2)).
    ///
    /// - Parameters:
    ///   - socket: whose readiness counts; it may own none.
    ///   - interests: `.read`, `.write`, or both.
    public static func wait(
        socket: borrowing FileDescriptor, for interests: Readiness, signals: borrowing StopSignals,
        timeout: TimeSpan?
    ) throws(Errno) -> Readiness {
        let ready = entmesh_wait(
            socket.rawValue, interests.contains(.read) ? 1 : 0, interests.contains(.write) ? 1 : 0,
            signals.rawValue, timeout.map { max(0, $0.nanoseconds) } ?? -1)
        return Readiness(rawValue: try Errno.check(ready))
    }
}
