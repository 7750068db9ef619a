// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshTestSupport
import Foundation
import Testing

/// `entmesh bake`, as it is built, with the real install.sh and programs that stand in for
/// virt-customize and qemu-img.
@Suite(.timeLimit(.minutes(5)))
struct BakeCommandTests {
    private let files = FileManager.default
    private let directory: TestDirectory
    private var tree: String { directory.path("guest tree") }
    private var root: String { directory.path("root") }
    private var image: String { directory.path("web.qcow2") }
    private var programs: String { directory.path("bin") }

    init() throws {
        directory = try TestDirectory()
        try makeTree()
        for folder in ["usr/lib/systemd", "usr/bin", "etc", "var/lib/systemd"] {
            try makeFolder("\(root)/\(folder)")
        }
        try write("", "\(root)/usr/lib/systemd/systemd")
        // An ELF header of x86-64: e_machine, elf(5), is at 18.
        try write("\u{7F}ELF" + String(repeating: "\0", count: 14) + ">\0", "\(root)/usr/bin/env")
        try write("0123456789abcdef\n", "\(root)/etc/machine-id")
        try write("seed", "\(root)/var/lib/systemd/random-seed")
        try write("image", image)
        try makeFolder(programs)
    }

    private func makeTree() throws {
        let agent = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../guest-agent").standardizedFileURL.path
        try makeFolder("\(tree)/bin/x86_64")
        for part in ["install.sh", "units", "entmesh-guest-doctor", "man"] {
            try files.copyItem(atPath: "\(agent)/\(part)", toPath: "\(tree)/\(part)")
        }
        try write("the agent\n", "\(tree)/bin/x86_64/entmesh-guest")
    }

    private func makeFolder(_ path: String) throws {
        try files.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    private func write(_ text: String, _ path: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }

    /// A program in PATH.
    private func stand(in name: String, _ script: String) throws {
        try write("#!/bin/sh\n\(script)\n", "\(programs)/\(name)")
        try files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(programs)/\(name)")
    }

    /// A qemu-img that says so of every image.
    private func standInQemuImage(_ information: String = #"{"format": "qcow2"}"#) throws {
        try stand(in: "qemu-img", "echo '\(information)'")
    }

    private func bake(
        _ arguments: String..., path: String? = nil, before: [String] = []
    ) async throws -> (status: Int32, output: String) {
        let child = try Child(
            before
                + ["\(Child.buildDirectory ?? ".")/entmesh", "bake", "--guest-tree", tree]
                + arguments,
            log: directory.path("out"), environment: ["PATH": path ?? "\(programs):/usr/bin:/bin"])
        return (await child.status(), child.log)
    }

    private func text(_ path: String) -> String? {
        try? String(contentsOfFile: path, encoding: .utf8)
    }

    @Test func aRootDirectoryGetsTheAgentAndSaysWhatItGot() async throws {
        let baked = try await bake(root)
        #expect(baked.status == 0, "\(baked.output)")
        #expect(text("\(root)/usr/sbin/entmesh-guest") == "the agent\n")
        #expect(text("\(root)/usr/lib/systemd/system/entmesh-guest.service") != nil)
        #expect(text("\(root)/usr/lib/udev/rules.d/60-entmesh-guest.rules") != nil)
        #expect(baked.output.hasPrefix("install.sh: placed /usr/sbin/entmesh-guest\n"))
        #expect(baked.output.hasSuffix("\(root) has the guest agent\n"))
        #expect(text("\(root)/etc/machine-id") == "0123456789abcdef\n")
        #expect(text("\(root)/var/lib/systemd/random-seed") == "seed")
    }

    @Test func sealingRemovesWhatClonesMayNotShare() async throws {
        let baked = try await bake(root, "--seal")
        #expect(baked.status == 0, "\(baked.output)")
        #expect(text("\(root)/etc/machine-id") == "")
        #expect(text("\(root)/var/lib/systemd/random-seed") == nil)
        #expect(baked.output.contains("removed /var/lib/systemd/random-seed\n"))
        #expect(baked.output.hasSuffix("\(root) has the guest agent, and is sealed\n"))
    }

    @Test func whatCannotBeSealedIsNotCalledSealed() async throws {
        try files.removeItem(atPath: "\(root)/var/lib/systemd/random-seed")
        try makeFolder("\(root)/var/lib/systemd/random-seed")
        let baked = try await bake(root, "--seal")
        #expect(baked.status == 1)
        #expect(baked.output.contains("clones would share: /var/lib/systemd/random-seed"))
        #expect(baked.output.contains("error: \(root) is not baked: install.sh ended with 1"))
    }

    @Test func aDryRunPrintsTheCommandAndChangesNothing() async throws {
        let baked = try await bake(root, "--seal", "--dry-run")
        #expect(baked.status == 0)
        #expect(baked.output == "would run: '\(tree)/install.sh' --root \(root) --seal\n")
        #expect(text("\(root)/usr/sbin/entmesh-guest") == nil)
    }

    @Test func aDiskImageGoesThroughVirtCustomize() async throws {
        try standInQemuImage()
        try stand(in: "virt-customize", #"for word in "$@"; do echo "<$word>"; done"#)
        let baked = try await bake(image, "--seal")
        #expect(baked.status == 0)
        let folder = try #require(
            baked.output.firstMatch(of: #//tmp/entmesh-[0-9a-f-]{36}/#)?.output)
        let install = "'\(folder)/guest tree/install.sh' --root / --rebuild --seal"
        #expect(
            baked.output == """
                <--format>
                <qcow2>
                <--add>
                <\(image)>
                <--no-logfile>
                <--no-network>
                <--mkdir>
                <\(folder)>
                <--copy-in>
                <\(tree):\(folder)>
                <--run-command>
                <\(install); s=$?; rm -rf \(folder); exit $s>
                \(image) has the guest agent, its initramfs too if it makes one, and is sealed

                """)
    }

    @Test func anImageThatIsNotSealedIsSaidToBeUnfitForClones() async throws {
        try standInQemuImage()
        try stand(in: "virt-customize", "exit 0")
        let baked = try await bake(image)
        #expect(baked.status == 0)
        #expect(baked.output.contains("to make clones of it, bake it again with --seal"))
    }

    @Test func anImageThatADomainUsesIsRefused() async throws {
        try stand(
            in: "qemu-img",
            """
            for image; do :; done
            echo "qemu-img: Could not open '$image': Failed to get shared \\"write\\" lock" >&2
            exit 1
            """)
        try stand(in: "virt-customize", "echo touched")
        let baked = try await bake(image)
        #expect(baked.status == 1)
        #expect(baked.output.contains("\(image) is in use"))
        #expect(baked.output.contains("virsh shutdown DOMAIN"))
        #expect(!baked.output.contains("touched"))
    }

    @Test func anImageWhosePathNamesALockIsNotThereforeInUse() async throws {
        let image = directory.path("a lock.raw")
        try write("image", image)
        try stand(
            in: "qemu-img", #"echo "qemu-img: Could not open '\#(image)': not that" >&2; exit 1"#)
        try stand(in: "virt-customize", "echo touched")
        let baked = try await bake(image, "--format", "vdi")
        #expect(baked.status == 1)
        #expect(
            baked.output.contains("\(image) is no image of the format vdi that qemu-img can read"))
    }

    @Test(.enabled(if: canDropPrivileges, "setpriv drops privileges, which takes root"))
    func anImageThatOneMayNotWriteIsSaidToNeedSudo() async throws {
        try standInQemuImage()
        try stand(in: "virt-customize", "echo touched")
        for path in [directory.path(""), programs, tree] {
            try files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        }
        try files.setAttributes([.posixPermissions: 0o644], ofItemAtPath: image)
        let setpriv = ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        let baked = try await bake(image, before: setpriv)
        #expect(baked.status == 1)
        let refusal = "cannot write to \(image): Permission denied; type the same after sudo"
        #expect(baked.output.contains(refusal))
        #expect(!baked.output.contains("touched"))
    }

    @Test(arguments: [
        #"{"format": "qcow2", "backing-filename": "/etc/shadow"}"#,
        #"{"format": "qcow2", "format-specific": {"data": {"data-file": "/etc/shadow"}}}"#,
    ])
    func anImageThatNeedsAnotherFileIsRefusedUntilItsFormatIsSaid(said: String) async throws {
        try standInQemuImage(said)
        try stand(in: "virt-customize", #"echo "touched $*""#)
        let refused = try await bake(image)
        #expect(refused.status == 1)
        #expect(refused.output.contains("looks like qcow2 that needs /etc/shadow"))
        #expect(refused.output.contains("type --format qcow2"))
        #expect(!refused.output.contains("touched"))
        let meant = try await bake(image, "--format", "qcow2")
        #expect(meant.status == 0)
        #expect(meant.output.contains("touched --format qcow2 --add \(image)"))
    }

    @Test func anImageOfAFormatThatMayNameOtherFilesIsRefusedUntilThatIsSaid() async throws {
        try standInQemuImage(#"{"format": "vmdk"}"#)
        try stand(in: "virt-customize", "echo touched")
        let baked = try await bake(image)
        #expect(baked.status == 1)
        #expect(baked.output.contains("type --format vmdk, if the image is raw, --format raw"))
    }

    @Test func aNamedFormatIsTheOnlyOneThatAnImageIsOpenedAs() async throws {
        try stand(in: "qemu-img", #"echo "qemu-img $*" >&2; echo '{"format": "raw"}'; exit 1"#)
        try stand(in: "virt-customize", "exit 0")
        let baked = try await bake(image, "--format", "raw")
        #expect(baked.output.contains("qemu-img info --output=json -f raw \(image)"))
    }

    @Test func aRootDirectoryHasNoFormat() async throws {
        let baked = try await bake(root, "--format", "raw")
        #expect(baked.status == 1)
        #expect(baked.output.contains("omit --format"))
    }

    /// What virt-customize still does to the image after Ctrl-C, it says.
    @Test func ctrlCEndsTheCommandOnlyAfterVirtCustomize() async throws {
        try standInQemuImage()
        try stand(in: "virt-customize", "kill -INT $PPID; sleep 0.2; echo closed; kill -INT $$")
        let baked = try await bake(image)
        #expect(baked.status == 1)
        #expect(baked.output.hasPrefix("closed\n"))
        #expect(baked.output.contains("\(image) is not baked: virt-customize ended with 130"))
    }

    @Test func aFolderInPathIsNoProgram() async throws {
        try standInQemuImage()
        try makeFolder("\(directory.path("folders"))/virt-customize")
        try stand(in: "virt-customize", "exit 0")
        let path = "\(directory.path("folders")):\(programs)"
        #expect(try await bake(image, path: path).status == 0)
    }

    @Test func aFailureOfVirtCustomizeIsOurs() async throws {
        try standInQemuImage()
        try stand(in: "virt-customize", "echo 'no operating system' >&2; exit 3")
        let baked = try await bake(image)
        #expect(baked.status == 1)
        #expect(baked.output.contains("no operating system\n"))
        #expect(baked.output.contains("\(image) is not baked: virt-customize ended with 3"))
    }

    /// A terminal's Ctrl-C goes to a process group: virt-customize must not outlive us.
    @Test func virtCustomizeIsInOurProcessGroup() async throws {
        try standInQemuImage()
        try stand(in: "virt-customize", #"cut -d " " -f 5 /proc/$$/stat /proc/$PPID/stat"#)
        let groups = try await bake(image, "--seal").output.split(separator: "\n").prefix(2)
        #expect(groups.count == 2 && groups.first == groups.last)
    }

    @Test func withoutVirtCustomizeThePackageIsNamed() async throws {
        let baked = try await bake(image, path: programs)
        #expect(baked.status == 1)
        #expect(baked.output.contains("virt-customize is missing"))
        #expect(baked.output.contains("sudo apt-get install guestfs-tools"))
    }

    @Test(arguments: ["/nowhere/at/all", "/dev/null"])
    func whatIsNeitherRootNorImageIsRefused(target: String) async throws {
        let baked = try await bake(target)
        #expect(baked.status == 1)
        #expect(baked.output.hasPrefix("error: cannot bake \(target): "))
    }

    @Test func aMissingTreeIsNamedWithTheWayToGetIt() async throws {
        try files.removeItem(atPath: "\(tree)/install.sh")
        let baked = try await bake(root)
        #expect(baked.status == 1)
        #expect(baked.output.contains("no guest agent in \(tree): install.sh is not there"))
        #expect(baked.output.contains("entmesh-host"))
    }
}
