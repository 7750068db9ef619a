// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import ArgumentParser
internal import EntmeshControl
internal import Foundation

/// `entmesh bake`: the guest agent in an image.
struct BakeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bake",
        abstract: "Put the guest agent into a root directory or a disk image.",
        discussion: """
            A directory is the root of an image that is being made. Anything else is a disk image \
            or a block device that no domain uses: virt-customize puts the agent into it and \
            rebuilds its initramfs. Says what was placed where.
            """)

    @Argument(help: "The root directory, the disk image or the block device.", completion: .file())
    var target: String

    @Flag(
        help: """
            Also remove what two machines may not share: random seeds, the machine's id, the \
            agent's state. Fails if any of it is left.
            """)
    var seal = false

    @Option(
        help: ArgumentHelp(
            "Where the agent and its install.sh are: from `make guest-tree` or the tarball.",
            valueName: "dir"), completion: .directory)
    var guestTree = GuestTree.defaultPath

    @Option(
        help: ArgumentHelp(
            """
            The disk image's format, as raw or qcow2; else raw for a block device, and what a file \
            looks like if it needs no other file.
            """, valueName: "format"), completion: .list(["raw", "qcow2"]))
    var format: String?

    @Flag(help: "Print the command that would do it, and do nothing.")
    var dryRun = false

    func run() async throws {
        try await reportingErrors {
            let tree = try GuestTree(path: guestTree)
            let target = try BakeTarget(path: target)
            let command = try command(target, tree)
            guard !dryRun else {
                print("would run: \(command.text.escapedForDisplay)")
                return
            }
            let status = try command.run()
            guard status == 0 else {
                throw CommandError(failed: command, status: status, target: target)
            }
            print(summary(target).escapedForDisplay)
        }
    }

    private func command(_ target: BakeTarget, _ tree: GuestTree) throws -> ExternalCommand {
        switch target {
        case .directory(let path):
            guard format == nil else {
                throw CommandError(
                    "\(path) is a directory, and only disk images have a format; omit --format")
            }
            return tree.install(into: path, seals: seal)
        case .image(let image):
            let program = try GuestTree.virtCustomize(for: image.path)
            let format = try image.format(named: format)
            return try tree.customize(program, image: image.path, format: format, seals: seal)
        }
    }

    // virt-customize shows what a command in the image said only if it failed.
    private func summary(_ target: BakeTarget) -> String {
        let sealed = seal ? ", and is sealed" : ""
        switch target {
        case .directory(let path):
            return "\(path) has the guest agent\(sealed)"
        case .image(let image):
            let hint =
                seal
                ? ""
                : """
                . virt-customize has written a random seed, and a machine id where there was \
                none: to make clones of it, bake it again with --seal
                """
            return
                "\(image.path) has the guest agent, its initramfs too if it makes one\(sealed)\(hint)"
        }
    }
}

extension CommandError {
    /// What bakes did not end well.
    fileprivate init(failed command: ExternalCommand, status: Int32, target: BakeTarget) {
        let hint = geteuid() == 0 ? "" : "; if permission was denied, type the same after sudo"
        self.init(
            """
            \(target.path) is not baked: \(command.name) ended with \(status), see above\(hint)
            """)
    }
}
