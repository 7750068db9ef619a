// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import Foundation
internal import Glibc

/// A disk image that is about to be written to.
struct DiskImage {
    // Formats whose images are one file, unless they say so in what qemu-img shows of them.
    private static let formatsOfOneFile: Set = ["raw", "qcow2", "qed", "vdi", "vpc", "vhdx"]

    let path: String
    let isDevice: Bool

    /// The format that it is to be opened as: `named`, else raw for a device, else what it is.
    ///
    /// Fails if a running domain or this machine uses it. Whoever owns a raw image can make it look
    /// like one whose backing file is a file of this machine (CVE-2010-3851), so without a name one
    /// that needs another file is refused.
    func format(named: String?) throws -> String {
        try requireAccess()
        let known = named ?? (isDevice ? "raw" : nil)
        let information = try inspect(known)
        guard known == nil else { return information.format }
        try requireOneFile(information)
        return information.format
    }

    // O_EXCL on a block device, open(2): fails if it is mounted or a part of another device.
    private func requireAccess() throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | (isDevice ? O_EXCL : 0))
        guard descriptor >= 0 else { throw refusal(errno) }
        close(descriptor)
        guard access(path, W_OK) == 0 else { throw refusal(errno) }
    }

    private func refusal(_ error: Int32) -> CommandError {
        switch error {
        case EBUSY:
            return CommandError(
                """
                \(path) is in use by this machine, and writing to it would destroy it; see what \
                uses it, and unmount that first: lsblk \(path)
                """)
        default:
            let hint = [EACCES, EPERM].contains(error) && geteuid() != 0
            return CommandError(
                """
                cannot write to \(path): \(String(cString: strerror(error)))\
                \(hint ? "; type the same after sudo" : "")
                """)
        }
    }

    private func inspect(_ format: String?) throws -> ImageInformation {
        guard let program = ExternalCommand.find("qemu-img") else {
            throw CommandError(
                """
                cannot bake the image \(path): qemu-img is missing; install it: \
                sudo apt-get install qemu-utils
                """)
        }
        let words = format.map { ["-f", $0] } ?? []
        let command = ExternalCommand(program, ["info", "--output=json"] + words + [path])
        let (status, output, said) = try command.capture()
        guard status == 0 else { throw unreadable(said, format) }
        guard let found = try? JSONDecoder().decode(ImageInformation.self, from: output) else {
            throw CommandError("cannot tell what \(path) is: see what '\(command.text)' prints")
        }
        return found
    }

    // QEMU's lock, whatever words the path has.
    private func unreadable(_ said: String, _ format: String?) -> CommandError {
        guard !said.replacingOccurrences(of: path, with: "").contains(" lock") else {
            return CommandError(
                """
                \(path) is in use, and writing to it would destroy it; shut its domain down first: \
                virsh shutdown DOMAIN
                """)
        }
        let kind = format.map { " of the format \($0)" } ?? ""
        return CommandError("\(path) is no image\(kind) that qemu-img can read: \(said)")
    }

    private func requireOneFile(_ information: ImageInformation) throws {
        let format = information.format
        if let other = information.otherFile {
            throw CommandError(
                """
                \(path) looks like \(format) that needs \(other), which the guest of a raw image \
                can feign to read that file; if it is yours and meant, type --format \(format), \
                if the image is raw, --format raw
                """)
        }
        guard Self.formatsOfOneFile.contains(format) else {
            throw CommandError(
                """
                \(path) looks like \(format), which may name other files, and the guest of a raw \
                image can feign that; if it is meant, type --format \(format), if the image is \
                raw, --format raw
                """)
        }
    }
}
