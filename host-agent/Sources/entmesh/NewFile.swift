// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import Foundation
internal import Glibc

/// A file that was not there before, for its owner only.
struct NewFile {
    private let path: String
    private let descriptor: Int32

    /// Makes it; nothing that is there already is overwritten.
    init(_ path: String) throws {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure("make", path) }
    }

    /// Writes all of it, and closes it.
    func write(_ data: Data) throws {
        defer { close(descriptor) }
        var rest = data[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw Self.failure("write", path) }
            rest = rest.dropFirst(count)
        }
    }

    func remove() {
        unlink(path)
    }

    private static func failure(_ attempt: String, _ path: String) -> CommandError {
        let reason = String(cString: strerror(errno))
        let hint = errno == EEXIST ? "; choose another with --output" : ""
        return CommandError("cannot \(attempt) \(path): \(reason)\(hint)")
    }
}
