// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CEntmeshLinux

/// The one owner of an open file descriptor; closes it when it ends.
///
/// It can also own none: an optional of a noncopyable type trips the Embedded compiler of Swift
/// 6.3.1 (CopyPropagation finds an ownership error where it is switched over).
public struct FileDescriptor: ~Copyable {
    /// The number, for a system call made while this owner lives; below 0 if it owns none.
    public let rawValue: Int32

    /// Takes over `rawValue`: nobody else may close it from here on.
    public init(owning rawValue: Int32) {
        self.rawValue = rawValue
    }

    deinit {
        if rawValue >= 0 {
            entmesh_close(rawValue)
        }
    }

    /// An owner of none.
    public static var none: FileDescriptor { FileDescriptor(owning: -1) }

    /// Whether it owns one.
    public var isOpen: Bool { rawValue >= 0 }

    /// Reads into `buffer`; 0 is the end of the stream (read(2)).
    public borrowing func read(into buffer: UnsafeMutableRawBufferPointer) throws(Errno) -> Int {
        try Errno.check(entmesh_read(rawValue, buffer.baseAddress, buffer.count))
    }

    /// Sends what fits and returns how many bytes that was; never raises SIGPIPE (send(2)).
    public borrowing func send(_ bytes: UnsafeRawBufferPointer) throws(Errno) -> Int {
        try Errno.check(entmesh_send(rawValue, bytes.baseAddress, bytes.count))
    }

    /// Takes the error waiting on a socket off it, or nil if there is none (SO_ERROR, socket(7)).
    public borrowing func takeSocketError() -> Errno? {
        let error = entmesh_socket_error(rawValue)
        // Positive: what SO_ERROR says. Negative: getsockopt(2) itself failed.
        return error == 0 ? nil : Errno(number: abs(error))
    }
}
