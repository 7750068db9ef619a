// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import EntmeshControl
import EntmeshTestSupport
import Foundation
import Testing

@testable import EntmeshHost

/// The program with a configuration file, and on file systems that are not as they should be.
extension DaemonTests {
    private func write(_ text: String, _ directory: TestDirectory) throws -> String {
        let path = directory.path("host.yaml")
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    private func run(_ options: String...) async throws -> (status: Int32, output: String) {
        let directory = try TestDirectory()
        let child = try Child(
            ["\(Child.buildDirectory ?? ".")/entmesh-host"] + options, log: directory.path("log"))
        return (await child.status(), child.log)
    }

    // MARK: F54

    @Test func aConfigurationCanBeCheckedBeforeItIsUsed() async throws {
        let directory = try TestDirectory()
        let good = try write("tank: {size: 64 KiB}\n", directory)
        let checked = try await run("--check-config", "--config", good)
        #expect(checked == (0, "\(good): good\n"))
        let bad = try write("\n\nsorces: {}\n", directory)
        let refused = try await run("--check-config", "--config", bad)
        #expect(refused == (78, "\(bad):3:1: unknown key 'sorces' (did you mean 'sources'?)\n"))
        let missing = try await run("--check-config", "--config", directory.path("none"))
        let none = "\(directory.path("none")): cannot be read: there is no such file\n"
        #expect(missing == (78, none))
    }

    @Test func aBadConfigurationIsAReasonNotToStart() async throws {
        let directory = try TestDirectory()
        let path = try write("guests: {rate: 64 kB}\n", directory)
        let ended = try await run("--no-vsock", "--no-libvirt", "--config", path)
        #expect(ended.status == 78)
        #expect(ended.output.hasPrefix("\(path):1:16: '64 kB' has no unit that is known"))
    }

    @Test func aReloadTakesTheGoodAndRefusesTheBadWithoutDroppingAGuest() async throws {
        let directory = try TestDirectory()
        let path = try write("guests: {feed: on}\n", directory)
        let daemon = try await Daemon(guests: 2, options: ["--config", path])
        try await daemon.ready()
        let (guest, other) = (try await daemon.guest(0), try await daemon.guest(1))
        #expect(await guest.block() != nil)
        #expect(await other.block() != nil)

        _ = try write("guests: {fed: on}\n", directory)
        daemon.child.signal(SIGHUP)
        try await poll {
            try await daemon.status().warnings.contains { $0.contains("did you mean 'feed'?") }
        }
        #expect(try await daemon.status().guestsConnected == 2)

        _ = try write("guests: {overrides: [{name: g1, feed: off}]}\n", directory)
        // However many come, they are one or two.
        for _ in 0..<500 { daemon.child.signal(SIGHUP) }
        #expect(await other.ending() == .switchedOff)
        try await guest.goStale()
        #expect(await guest.block() != nil)
        let reloads = daemon.child.log.components(separatedBy: "configuration reloaded").count - 1
        #expect((1...500).contains(reloads))
        try await daemon.finish()
    }

    @Test func aConfigurationThatIsAwayWhenItIsReloadedIsNotAllDefaults() async throws {
        let directory = try TestDirectory()
        let path = try write("guests: {overrides: [{name: g1, feed: off}]}\n", directory)
        let daemon = try await Daemon(guests: 2, options: ["--config", path])
        try await daemon.ready()
        unlink(path)
        daemon.child.signal(SIGHUP)
        try await poll {
            try await daemon.status().warnings.contains { $0.hasSuffix("there is no such file") }
        }
        let off = try await daemon.guest(1)
        #expect(await off.ending() == .switchedOff)
        try await daemon.finish()
    }

    // MARK: F4

    @Test func itEndsWhenASourceIsRequiredAndNoneIsLeft() async throws {
        let directory = try TestDirectory()
        let path = try write(
            "sources: {required: on, use: [{kind: device, path: /dev/zero}]}\n", directory)
        let child = try Child(
            [
                "\(Child.buildDirectory ?? ".")/entmesh-host", "--no-vsock", "--no-libvirt",
                "--config", path, "--control-socket", directory.path("control"),
            ], log: directory.path("log"))
        #expect(await child.status() == 69)
        #expect(child.log.contains("no source is left that could give entropy"))
        #expect(child.log.contains("failed: repetition count test"))
    }

    @Test func itRunsOnWithTheRestWhereNoneIsRequired() async throws {
        let daemon = try await Daemon(options: ["--source", "device=/dev/zero"])
        try await daemon.ready()
        let sources = try await daemon.status().sources
        #expect(sources.map(\.isHealthy) == [true, false])
        #expect(sources[1].state.contains("entmesh sources --reset /dev/zero"))
        try await daemon.finish()
    }

    // MARK: F20

    @Test func withoutAPlaceForItsSocketItServesAllTheSame() async throws {
        let directory = try TestDirectory()
        // A folder that is a file: as good as read-only, full or missing, and true for root too.
        try "".write(toFile: directory.path("run"), atomically: false, encoding: .utf8)
        let control = directory.path("run") + "/control"
        let child = try Child(
            [
                "\(Child.buildDirectory ?? ".")/entmesh-host", "--no-vsock", "--no-libvirt",
                "--source", "device=/dev/urandom", "--tank-size", "65536",
                "--control-socket", control, "--guest-socket", "g0=\(directory.path("g0"))",
            ], log: directory.path("log"))
        try await poll { child.log.contains("tried again every 10 s") }
        let guest = try await FakeGuest(directory.path("g0"))
        #expect(await guest.block() != nil)
        unlink(directory.path("run"))
        // It makes the folder itself, once it can.
        try await poll { FileManager.default.fileExists(atPath: control) }
        try await guest.goStale()
        #expect(await guest.block() != nil)
        child.signal(SIGTERM)
        #expect(await child.status() == 0)
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full"), "takes /dev/full"))
    func aLogThatIsFullIsNoReasonToEnd() async throws {
        let directory = try TestDirectory()
        let child = try Child(
            [
                "/bin/sh", "-c", "exec \"$0\" \"$@\" >/dev/full 2>&1",
                "\(Child.buildDirectory ?? ".")/entmesh-host", "--no-vsock", "--no-libvirt",
                "--source", "device=/dev/urandom", "--tank-size", "65536",
                "--control-socket", directory.path("control"),
                "--guest-socket", "g0=\(directory.path("g0"))", "--log-level", "debug",
            ], log: directory.path("log"))
        // The file is there a moment before anybody listens.
        var dialled: FakeGuest?
        try await poll {
            dialled = try? await FakeGuest(directory.path("g0"))
            return dialled != nil
        }
        let guest = try #require(dialled)
        #expect(await guest.block() != nil)
        #expect(child.isRunning)
        child.signal(SIGTERM)
        #expect(await child.status() == 0)
    }

    // MARK: sources

    @Test func anOperatorSeesResetsAndCapturesSources() async throws {
        let daemon = try await Daemon(options: ["--source", "device=/dev/zero"])
        try await daemon.ready()
        let (status, body) = try await ControlDialogue.send(
            daemon.control, "GET", ControlAPI.sourcesPath)
        #expect(status == 200)
        let list = try JSONDecoder().decode(SourceList.self, from: Data(body.utf8))
        #expect(list.version == 1 && list.sources.map(\.name) == ["/dev/urandom", "/dev/zero"])
        #expect(list.absent.isEmpty && list.sources.allSatisfy { $0.raw.balances })

        for (path, json, expected) in [
            (ControlAPI.resetSourcePath, #"{"source":"/dev/zero"}"#, 200),
            (ControlAPI.resetSourcePath, #"{"source":"x"}"#, 404),
            (ControlAPI.resetSourcePath, #"{}"#, 400),
            (ControlAPI.capturePath, #"{"source":"/dev/zero","count":0}"#, 400),
            (ControlAPI.capturePath, #"{"source":"/dev/zero","count":1048577}"#, 400),
            (ControlAPI.capturePath, #"{"source":"x","count":1}"#, 404),
        ] {
            let answer = try await ControlDialogue.send(
                daemon.control, "POST", path, body: Array(json.utf8))
            #expect(answer.status == expected, "\(json): \(answer.body)")
        }
        let zeros = try await ControlDialogue.send(
            daemon.control, "POST", ControlAPI.capturePath,
            body: Array(#"{"source":"/dev/zero","count":2000}"#.utf8))
        #expect(zeros.body == String(repeating: "\0", count: 2000))
        try await daemon.finish()
    }
}
