// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshLinux
internal import Foundation

/// Removes the socket a daemon that is gone left behind at `path`.
///
/// - Throws: `HostError.cannotListen` if something else is there, or somebody still listens.
func removeStaleSocket(_ path: String) throws(HostError) {
    let files = FileManager.default
    guard let attributes = try? files.attributesOfItem(atPath: path) else { return }
    guard attributes[.type] as? FileAttributeType == .typeSocket else {
        throw .cannotListen(path, reason: "there is a file that is no socket; move it away")
    }
    let isAlive = path.withCString { (try? Dial.unix(path: CString(immortal: $0))) != nil }
    guard !isAlive else {
        throw .cannotListen(path, reason: "another daemon listens there; stop it first")
    }
    try? files.removeItem(atPath: path)
}
