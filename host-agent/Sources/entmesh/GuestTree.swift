// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import Foundation

/// The folder with the guest agent for every processor, all that goes with it, and install.sh.
struct GuestTree {
    /// Where the package entmesh-host has it.
    static let defaultPath = "/usr/lib/entmesh/guest"

    private let path: String

    /// Fails if it is not there.
    init(path: String) throws {
        self.path = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        guard FileManager.default.isExecutableFile(atPath: "\(self.path)/install.sh") else {
            throw CommandError(
                """
                no guest agent in \(path): install.sh is not there; install the package \
                entmesh-host, or name another folder with --guest-tree
                """)
        }
    }

    /// Puts the agent into a root directory.
    func install(into root: String, seals: Bool) -> ExternalCommand {
        ExternalCommand("\(path)/install.sh", ["--root", root] + (seals ? ["--seal"] : []))
    }

    /// Puts the agent into a disk image, and into the initramfs that it boots from.
    ///
    /// The image is opened as `format` and nothing else, and what runs in it has no network. What is
    /// copied into it is gone afterwards, whether install.sh succeeded or not. virt-customize begins with a machine id and a random seed of its own making; sealing comes
    /// after them, and last.
    func customize(
        _ program: String, image: String, format: String, seals: Bool
    ) throws -> ExternalCommand {
        guard !path.contains(":") else {
            throw CommandError(
                "virt-customize takes no ':' in \(path); name another folder with --guest-tree")
        }
        // A name that the image has not.
        let folder = "/tmp/entmesh-\(UUID().uuidString.lowercased())"
        let name = URL(fileURLWithPath: path).lastPathComponent
        let install = ExternalCommand.quoted("\(folder)/\(name)/install.sh")
        let options = "--root / --rebuild" + (seals ? " --seal" : "")
        return ExternalCommand(
            program,
            [
                "--format", format, "--add", image, "--no-logfile", "--no-network",
                "--mkdir", folder, "--copy-in", "\(path):\(folder)",
                "--run-command", "\(install) \(options); s=$?; rm -rf \(folder); exit $s",
            ])
    }

    /// Where virt-customize is, for that image.
    static func virtCustomize(for image: String) throws -> String {
        guard let program = ExternalCommand.find("virt-customize") else {
            throw CommandError(
                """
                cannot bake the image \(image): virt-customize is missing; install it: \
                sudo apt-get install guestfs-tools
                """)
        }
        return program
    }
}
