// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshTestSupport
import Foundation
import Testing

/// `entmesh-guest-doctor`, a shell script, before guests and images that are trees of files.
@Suite(.timeLimit(.minutes(5)))
struct GuestDoctorTests {
    private static let script = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "guest-agent/entmesh-guest-doctor").path

    /// The shells that guests have.
    private static let shells = [["/bin/sh"], ["/bin/bash", "--posix"], ["/bin/busybox", "sh"]]
        .filter { FileManager.default.isExecutableFile(atPath: $0[0]) }

    private static let report = """
        Pool        ready, 256 of 256 bits
        Level       97 of 100
        Last block  reseeded
        Host        connected over vsock
        """

    private let directory: TestDirectory

    init() throws {
        directory = try TestDirectory()
    }

    /// Files by path; a text that begins with `->` is a link.
    private func write(_ files: [String: String]) throws {
        for (path, text) in files {
            let url = URL(fileURLWithPath: directory.path("root") + path)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            if text.hasPrefix("->") {
                try FileManager.default.createSymbolicLink(
                    atPath: url.path, withDestinationPath: String(text.dropFirst(2)))
            } else {
                try Data(text.utf8).write(to: url)
                let mode = text.hasPrefix("#!") ? 0o755 : 0o644
                try FileManager.default.setAttributes(
                    [.posixPermissions: mode], ofItemAtPath: url.path)
            }
        }
    }

    private func agent(_ report: String, status: Int = 0) -> String {
        "#!/bin/sh\ncat <<'END'\n\(report)\nEND\nexit \(status)\n"
    }

    /// A guest on which all is well.
    private func writeGood() throws {
        try write([
            "/sys/bus/virtio/devices/virtio0/device": "0x0001\n",
            "/sys/bus/virtio/devices/virtio1/device": "0x0013\n",
            "/sys/bus/virtio/devices/virtio1/driver/x": "",
            "/usr/sbin/entmesh-guest": agent(Self.report),
            "/proc/sys/kernel/random/entropy_avail": "256\n",
            "/proc/sys/kernel/random/poolsize": "256\n",
            "/usr/lib/systemd/system/entmesh-guest.service": "",
            "/usr/lib/udev/rules.d/60-entmesh-guest.rules": "",
        ])
    }

    private func remove(_ path: String) throws {
        try FileManager.default.removeItem(atPath: directory.path("root") + path)
    }

    private func run(
        _ arguments: String..., shell: [String] = ["/bin/sh"]
    ) async throws -> (status: Int32, output: String) {
        try FileManager.default.createDirectory(
            atPath: directory.path("root"), withIntermediateDirectories: true)
        let child = try Child(
            shell + [Self.script, "--root", directory.path("root")] + arguments,
            log: directory.path("out"))
        return (await child.status(), child.log)
    }

    @Test(arguments: shells)
    func aGoodGuestIsTold(_ shell: [String]) async throws {
        try writeGood()
        let ending = try await run(shell: shell)
        #expect(
            ending.output == """
                ok    vsock      a vsock device, and its driver
                ok    agent      /usr/sbin/entmesh-guest runs
                ok    host       connected over vsock
                ok    feeding    last block: reseeded
                ok    generator  ready: 256 of 256 bits
                ok    hwrng      no hardware generator, and with the agent none is needed
                ok    start      udev starts the unit when the vsock device appears
                7 ok, 0 warn, 0 fail

                """)
        #expect(ending.status == 0)
    }

    @Test(arguments: shells)
    func aMachineWithNothingFailsWithWhatToType(_ shell: [String]) async throws {
        let ending = try await run(shell: shell)
        #expect(ending.status == 1)
        #expect(ending.output.contains("fix: on its host: sudo entmesh attach NAME\n"))
        #expect(ending.output.contains("fail  agent      entmesh-guest is not installed\n"))
        #expect(ending.output.contains("fail  generator  not ready: 0 of 256 bits\n"))
        #expect(ending.output.hasSuffix("1 ok, 1 warn, 3 fail\n"))
    }

    @Test func aDeviceWithoutDriverIsTold() async throws {
        try writeGood()
        try remove("/sys/bus/virtio/devices/virtio1/driver")
        let ending = try await run()
        #expect(ending.status == 1)
        #expect(ending.output.contains("fix: modprobe vmw_vsock_virtio_transport\n"))
    }

    @Test func anAgentThatDoesNotRunIsToldToTheInitOfTheGuest() async throws {
        try writeGood()
        try write([
            "/usr/sbin/entmesh-guest": agent("", status: 1), "/etc/init.d/entmesh-guest": "",
        ])
        let openRC = try await run()
        #expect(openRC.status == 1)
        #expect(openRC.output.contains("fix: rc-service entmesh-guest start\n"))
        try write(["/run/systemd/system/x": ""])
        #expect(try await run().output.contains("fix: systemctl start entmesh-guest; "))
    }

    @Test(arguments: [
        (
            "Host        not reached yet, dialling over vsock\n", 1,
            "fail  host       not reached yet, dialling over vsock\n"
        ),
        ("Host        connected over vsock\n", 0, "warn  feeding    no block came so far\n"),
        (
            "Last block  failed, EPERM\nHost        connected over vsock\n", 1,
            "fail  feeding    last block: failed, EPERM\n"
        ),
    ])
    func whatTheAgentSaysIsJudged(
        _ report: String, _ status: Int32, _ line: String
    ) async throws {
        try writeGood()
        try write(["/usr/sbin/entmesh-guest": agent(report)])
        let ending = try await run()
        #expect(ending.status == status && ending.output.contains(line))
    }

    @Test(arguments: [("255", "256", 1), ("256", "256", 0), ("127", "4096", 1), ("128", "4096", 0)])
    func readyIsWhatTheKernelOfItsTimeCallsReady(
        _ bits: String, _ size: String, _ status: Int32
    ) async throws {
        try writeGood()
        try write([
            "/proc/sys/kernel/random/entropy_avail": "\(bits)\n",
            "/proc/sys/kernel/random/poolsize": "\(size)\n",
        ])
        #expect(try await run().status == status)
    }

    @Test func otherFeedersAreTold() async throws {
        try writeGood()
        try write([
            "/sys/class/misc/hw_random/rng_current": "virtio_rng.0\n",
            "/proc/10/comm": "rngd\n", "/proc/11/comm": "haveged\n",
            "/proc/12/comm": "jitterentropy-r\n",
        ])
        let ending = try await run()
        #expect(ending.status == 0)
        #expect(ending.output.contains("ok    hwrng      virtio_rng.0 (virtio-rng) may stay"))
        #expect(ending.output.hasSuffix("7 ok, 3 warn, 0 fail\n"))
    }

    @Test func whatStartsItIsFound() async throws {
        try writeGood()
        try remove("/usr/lib/udev/rules.d/60-entmesh-guest.rules")
        #expect(try await run().output.contains("60-entmesh-guest.rules is missing\n"))
        try write(["/etc/runlevels/boot/entmesh-guest": "->/etc/init.d/entmesh-guest"])
        #expect(try await run().output.contains("ok    start      OpenRC starts it\n"))
        try write(["/etc/systemd/system/entmesh-guest.service": "->/dev/null"])
        let masked = try await run()
        #expect(masked.status == 1)
        let root = directory.path("root")
        #expect(
            masked.output.contains("fix: systemctl --root=\(root) unmask entmesh-guest\n"))
    }

    // Typed on the machine that builds it, a fix must not change that machine.
    @Test func whatMendsAnImageNamesTheImage() async throws {
        try write([
            "/var/lib/systemd/random-seed": "x", "/etc/machine-id": "0123\n",
            "/run/entmesh-guest/generation": "1 x\n",
        ])
        let ending = try await run("--image")
        #expect(ending.status == 1)
        let fixes = ending.output.split(separator: "\n").filter { $0.contains("fix: ") }
        #expect(fixes.count == 5)
        #expect(fixes.allSatisfy { $0.contains(directory.path("root")) })
    }

    @Test func anImageInWhichNothingStartsTheAgentFails() async throws {
        try writeGood()
        try remove("/usr/lib/udev/rules.d/60-entmesh-guest.rules")
        #expect(try await run().status == 0)
        #expect(try await run("--image").status == 1)
    }

    @Test(arguments: shells)
    func anImageIsToldWhatItMustNotCarry(_ shell: [String]) async throws {
        try writeGood()
        let clean = try await run("--image", shell: shell)
        #expect(clean.status == 0 && clean.output.hasSuffix("4 ok, 0 warn, 0 fail\n"))
        try write([
            "/var/lib/systemd/random-seed": "x", "/etc/machine-id": "0123\n",
            "/run/entmesh-guest/generation": "1 x\n",
        ])
        let stale = try await run("--image", shell: shell)
        #expect(stale.status == 0 && stale.output.hasSuffix("2 ok, 3 warn, 0 fail\n"))
        #expect(stale.output.contains("same seed: \(directory.path("root"))/var/lib"))
        try write(["/etc/machine-id": "uninitialized\n"])
        #expect(try await run("--image").output.hasSuffix("3 ok, 2 warn, 0 fail\n"))
        try remove("/usr/sbin/entmesh-guest")
        #expect(try await run("--image").status == 1)
    }

    @Test func wrongUsageIsSaid() async throws {
        #expect(try await run("--frobnicate").status == 64)
        #expect(try await run("--root", "/nonexistent").status == 64)
        #expect(try await run("--root").status == 64)
        let help = try await run("--help")
        #expect(help.status == 0 && help.output.hasPrefix("Usage: entmesh-guest-doctor "))
    }
}
