// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import Foundation
internal import Glibc

/// The file itself: whether it can be trusted, and its text.
public struct ConfigFile: Sendable {
    /// The longest file that is read, in bytes: hundreds of overrides fit.
    public static let longestByteCount = 64 * 1024

    /// Its path.
    public let path: String
    /// Whether it must be there; a default one need not be.
    public let isRequired: Bool

    public init(path: String, isRequired: Bool) {
        self.path = path
        self.isRequired = isRequired
    }

    /// Whether there is such a file, readable or not.
    public var exists: Bool { access(path, F_OK) == 0 }

    /// Reads the settings: all defaults if there need not be a file, and is none.
    ///
    /// A file that anybody may write is refused: it decides what is fed with what.
    public func load() throws(ConfigError) -> HostSettings {
        guard let text = try text() else { return HostSettings() }
        return try HostSettings(yaml: text, file: path)
    }

    /// Reads the text, under the same rules; nil if there need not be a file, and is none.
    package func text() throws(ConfigError) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT, !isRequired { return nil }
            throw failure("cannot be read: \(reason(errno))")
        }
        defer { close(descriptor) }
        try checkFacts(of: descriptor)
        return try text(of: descriptor)
    }

    private func checkFacts(of descriptor: Int32) throws(ConfigError) {
        var facts = stat()
        guard fstat(descriptor, &facts) == 0 else { throw failure("cannot be examined") }
        guard facts.st_mode & S_IFMT == S_IFREG else { throw failure("is no file") }
        guard facts.st_mode & S_IWOTH == 0 else {
            throw failure("may be written by anybody; type: sudo chmod o-w \(path)")
        }
    }

    private func text(of descriptor: Int32) throws(ConfigError) -> String {
        var bytes = [UInt8](repeating: 0, count: Self.longestByteCount + 1)
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes {
                read(descriptor, $0.baseAddress?.advanced(by: count), $0.count - count)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw failure("cannot be read: \(reason(errno))") }
            if got == 0 { break }
            count += got
        }
        guard count < bytes.count else {
            throw failure("has more than \(Self.longestByteCount) bytes")
        }
        guard let text = String(validating: bytes[..<count], as: UTF8.self) else {
            throw failure("is not UTF-8")
        }
        return text
    }

    private func failure(_ problem: String) -> ConfigError {
        ConfigError(file: path, place: nil, problem: problem)
    }

    private func reason(_ errno: Int32) -> String {
        switch errno {
        case ENOENT: "there is no such file"
        case EACCES, EPERM:
            "permission denied; type: sudo chgrp entmesh \(path); "
                + "sudo chmod 0640 \(path)"
        default: String(cString: strerror(errno))
        }
    }
}
