// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

// With X509 in a target, the compiler takes stat(2) for a part of CoreFoundation.
internal import CoreFoundation
internal import Glibc

/// What kind of file something is, and who may do what with it (inode(7)).
struct FileFacts {
    private let mode: mode_t

    /// Of what is open; nil if that cannot be examined.
    init?(descriptor: Int32) {
        var facts = stat()
        guard fstat(descriptor, &facts) == 0 else { return nil }
        mode = facts.st_mode
    }

    /// Of what is at `path`, of a symbolic link itself; nil if nothing is.
    init?(path: String) {
        var facts = stat()
        guard lstat(path, &facts) == 0 else { return nil }
        mode = facts.st_mode
    }

    var isFile: Bool { mode & S_IFMT == S_IFREG }
    /// A directory, or a link: what it leads to shows when it is used.
    var mayBeDirectory: Bool { mode & S_IFMT == S_IFDIR || mode & S_IFMT == S_IFLNK }
    /// Whether its group or anybody may do anything with it.
    var isSharedAtAll: Bool { mode & (S_IRWXG | S_IRWXO) != 0 }
    /// Whether anybody may write it.
    var isWritableByAnybody: Bool { mode & S_IWOTH != 0 }
    /// Whether its group or anybody may write it; a link's own mode says nothing.
    var isWritableByOthers: Bool {
        mode & S_IFMT != S_IFLNK && mode & (S_IWGRP | S_IWOTH) != 0
    }
}
