// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

// With X509 in a target, the compiler takes stat(2) for a part of CoreFoundation.
internal import CoreFoundation
internal import Glibc

/// What kind of file something is, and who may do what with it (inode(7)).
struct FileFacts {
    private let mode: mode_t
    private let owner: uid_t
    private let group: gid_t

    init(mode: mode_t, owner: uid_t, group: gid_t) {
        self.mode = mode
        self.owner = owner
        self.group = group
    }

    /// Of what is open; nil if that cannot be examined.
    init?(descriptor: Int32) {
        var facts = stat()
        guard fstat(descriptor, &facts) == 0 else { return nil }
        self.init(mode: facts.st_mode, owner: facts.st_uid, group: facts.st_gid)
    }

    /// Of what is at `path`, of a symbolic link itself; nil if nothing is.
    init?(path: String) {
        var facts = stat()
        guard lstat(path, &facts) == 0 else { return nil }
        self.init(mode: facts.st_mode, owner: facts.st_uid, group: facts.st_gid)
    }

    var isFile: Bool { mode & S_IFMT == S_IFREG }
    /// A directory, or a link: what it leads to shows when it is used.
    var mayBeDirectory: Bool { mode & S_IFMT == S_IFDIR || mode & S_IFMT == S_IFLNK }
    /// Whether its group or anybody may do anything with it.
    var isSharedAtAll: Bool { mode & (S_IRWXG | S_IRWXO) != 0 }
    /// Whether it is root's alone, and `reader` who is not root was let read it by an access control
    /// list, which shows as the group's permission (acl(5)): so the service manager hands over a
    /// credential (systemd.exec(5), `LoadCredential=`).
    func isLent(to reader: uid_t) -> Bool {
        owner == 0 && group == 0 && reader != 0
            && mode & (S_IRWXU | S_IRWXG | S_IRWXO) == S_IRUSR | S_IRGRP
    }
    /// Whether anybody may write it.
    var isWritableByAnybody: Bool { mode & S_IWOTH != 0 }
    /// Whether its group or anybody may write it; a link's own mode says nothing.
    var isWritableByOthers: Bool {
        mode & S_IFMT != S_IFLNK && mode & (S_IWGRP | S_IWOTH) != 0
    }
}
