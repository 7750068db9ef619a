// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshLinux
internal import Foundation
internal import Glibc

/// Makes the folder that `path` is to be in, where it is missing and we may.
func makeFolder(of path: String) {
    let folder = (path as NSString).deletingLastPathComponent
    // What cannot be done here is said where the socket cannot be made.
    _ = mkdir(folder, 0o755)
}

/// Removes the socket a daemon that is gone left behind at `path`: one of ours that refuses.
///
/// - Throws: `HostError.cannotListen` if something else is there, or somebody may still listen.
func removeStaleSocket(_ path: String) throws(HostError) {
    guard let facts = try? FileManager.default.attributesOfItem(atPath: path) else { return }
    guard facts[.type] as? FileAttributeType == .typeSocket else {
        throw .cannotListen(path, reason: "there is a file that is no socket; move it away")
    }
    let owner = (facts[.ownerAccountID] as? NSNumber)?.uint32Value
    guard owner == geteuid() else {
        throw .cannotListen(
            path, reason: "there is another user's socket; remove it: sudo rm \(path)")
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
