// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import Foundation
internal import Glibc

/// What is baked.
enum BakeTarget {
    /// The root directory of an image.
    case directory(String)
    /// A disk image in a file, or a block device.
    case image(DiskImage)

    var path: String {
        switch self {
        case .directory(let path): path
        case .image(let image): image.path
        }
    }

    /// Looks at what is there.
    init(path: String) throws {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw CommandError(
                """
                cannot bake \(path): \(String(cString: strerror(errno))); name a root directory, \
                a disk image or a block device
                """)
        }
        let absolute = URL(fileURLWithPath: path).path
        switch status.st_mode & S_IFMT {
        case S_IFDIR: self = .directory(absolute)
        case S_IFREG: self = .image(DiskImage(path: absolute, isDevice: false))
        case S_IFBLK: self = .image(DiskImage(path: absolute, isDevice: true))
        default:
            throw CommandError(
                "cannot bake \(path): it is neither a directory, a file nor a block device")
        }
    }
}
