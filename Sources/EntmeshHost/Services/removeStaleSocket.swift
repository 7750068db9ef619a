// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshLinux
internal import Foundation
internal import Glibc

/// Removes the socket a daemon that is gone left behind at `path`: one of ours that refuses.
///
/// - Throws: `HostError.cannotListen` if something else is there, or somebody may still listen.
func removeStaleSocket(_ path: String) throws(HostError) {
    var facts = stat()
    guard lstat(path, &facts) == 0 else { return }
    guard facts.st_mode & S_IFMT == S_IFSOCK else {
        throw .cannotListen(path, reason: "there is a file that is no socket; move it away")
    }
    guard facts.st_uid == geteuid() else {
        throw .cannotListen(
            path, reason: "there is a socket of uid \(facts.st_uid); remove it: sudo rm \(path)")
    }
    guard isDead(path) else {
        throw .cannotListen(path, reason: "another daemon listens there; stop it first")
    }
    unlink(path)
}

// A listener that is alive and busy refuses nobody: it answers with EAGAIN.
private func isDead(_ path: String) -> Bool {
    path.withCString { path in
        do throws(DialError) {
            _ = try Dial.unix(path: CString(immortal: path))
            return false
        } catch {
            return error == .failed(.connectionRefused)
        }
    }
}
