// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CEntmeshLinux

/// An error number of errno(3), with words for the ones this program can meet.
public struct Errno: Error, Equatable, Sendable {
    /// The number; above 0.
    public let number: Int32

    public init(number: Int32) {
        self.number = number
    }

    public static let addressInUse = Errno(number: Int32(entmesh_EADDRINUSE))
    public static let accessDenied = Errno(number: Int32(entmesh_EACCES))
    public static let addressFamilyUnsupported = Errno(number: Int32(entmesh_EAFNOSUPPORT))
    public static let brokenPipe = Errno(number: Int32(entmesh_EPIPE))
    public static let connectionRefused = Errno(number: Int32(entmesh_ECONNREFUSED))
    public static let connectionReset = Errno(number: Int32(entmesh_ECONNRESET))
    public static let invalidArgument = Errno(number: Int32(entmesh_EINVAL))
    public static let noData = Errno(number: Int32(entmesh_ENODATA))
    public static let noSuchDevice = Errno(number: Int32(entmesh_ENODEV))
    public static let noSuchFile = Errno(number: Int32(entmesh_ENOENT))
    public static let notConnected = Errno(number: Int32(entmesh_ENOTCONN))
    public static let notPermitted = Errno(number: Int32(entmesh_EPERM))
    public static let notThisDevice = Errno(number: Int32(entmesh_ENOTTY))
    public static let outOfMemory = Errno(number: Int32(entmesh_ENOMEM))
    public static let readOnly = Errno(number: Int32(entmesh_EROFS))
    public static let timedOut = Errno(number: Int32(entmesh_ETIMEDOUT))
    public static let wouldBlock = Errno(number: Int32(entmesh_EAGAIN))

    /// Its name in errno.h and what it means, for the middle of a sentence; nil for a number that
    /// has no words here: print the number.
    public var words: StaticString? {
        switch self {
        case .accessDenied: "EACCES, permission denied"
        case .addressFamilyUnsupported: "EAFNOSUPPORT, the kernel has no such sockets"
        case .brokenPipe: "EPIPE, the other end is gone"
        case .connectionRefused: "ECONNREFUSED, nobody listens there"
        case .connectionReset: "ECONNRESET, connection reset"
        case .invalidArgument: "EINVAL, invalid argument"
        case .noData: "ENODATA, the generator is not ready"
        case .noSuchDevice: "ENODEV, no such device"
        case .noSuchFile: "ENOENT, no such file"
        case .notConnected: "ENOTCONN, not connected"
        case .notPermitted: "EPERM, not permitted"
        case .outOfMemory: "ENOMEM, not enough memory or above a limit"
        case .readOnly: "EROFS, read-only file system"
        case .timedOut: "ETIMEDOUT, timed out"
        case .wouldBlock: "EAGAIN, not now"
        default: nil
        }
    }

    /// Turns what a function of the C shim returns into a value or an error.
    static func check(_ result: Int32) throws(Errno) -> Int32 {
        guard result >= 0 else { throw Errno(number: 0 &- result) }
        return result
    }

    /// As `check(_:)`, for byte counts.
    static func check(_ result: Int64) throws(Errno) -> Int {
        guard result >= 0 else { throw Errno(number: Int32(truncatingIfNeeded: 0 &- result)) }
        return Int(result)
    }
}
