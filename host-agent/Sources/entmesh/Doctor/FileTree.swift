// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import Foundation
internal import Glibc

/// The files of a machine, below a root.
struct FileTree {
    /// Before every path; empty for this machine.
    let root: String

    func text(_ path: String) -> String? {
        try? String(contentsOfFile: root + path, encoding: .utf8)
    }

    func line(_ path: String) -> String? {
        text(path)?.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: root + path) }

    func names(_ path: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: root + path)) ?? []
    }

    /// Where a symbolic link leads, as in /dev/mapper.
    func resolved(_ path: String) -> String {
        URL(fileURLWithPath: root + path).resolvingSymlinksInPath().path
    }

    func device(_ path: String) -> HostFacts.Device? {
        var status = stat()
        guard stat(root + path, &status) == 0 else { return nil }
        let group = Accounts.name(ofGroup: status.st_gid) ?? "\(status.st_gid)"
        return HostFacts.Device(group: group, mode: status.st_mode & 0o777)
    }

    /// A process of each name that runs; where there are several, one of them.
    var processes: [String: Int] {
        let pairs = names("/proc").compactMap { name -> (String, Int)? in
            guard let id = Int(name), let command = line("/proc/\(name)/comm") else { return nil }
            return (command, id)
        }
        return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
    }
}

/// Users and groups, as this machine knows them.
enum Accounts {
    /// The most groups of a user that are looked at.
    private static let mostGroups = 1024

    static func name(ofGroup id: gid_t) -> String? {
        getgrgid(id).map { String(cString: $0.pointee.gr_name) }
    }

    /// The groups of a user; nil if there is none of that name.
    static func groups(of user: String) -> Set<String>? {
        guard let entry = getpwnam(user) else { return nil }
        var groups = [gid_t](repeating: 0, count: mostGroups)
        var count = Int32(mostGroups)
        guard getgrouplist(user, entry.pointee.pw_gid, &groups, &count) >= 0 else { return [] }
        return Set(groups.prefix(Int(count)).compactMap(name(ofGroup:)))
    }

    /// The groups of this process.
    static var ownGroups: Set<String> {
        var groups = [gid_t](repeating: 0, count: mostGroups)
        let count = max(0, getgroups(Int32(mostGroups), &groups))
        return Set((groups.prefix(Int(count)) + [getegid()]).compactMap(name(ofGroup:)))
    }
}
