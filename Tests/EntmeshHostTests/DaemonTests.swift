// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import EntmeshControl
import EntmeshNode
import EntmeshTestSupport
import Foundation
import Testing

@testable import EntmeshHost

/// The program `entmesh-host` as it is built, without vsock and libvirt and with a device that every
/// Linux has in place of the hardware generator.
final class Daemon {
    let child: Child
    let directory: TestDirectory

    /// - Parameters:
    ///   - guests: how many sockets of one guest each it listens on.
    ///   - prefix: the program that starts it: prlimit, setpriv...
    init(guests: Int = 1, prefix: [String] = [], options: [String] = []) async throws {
        directory = try TestDirectory()
        child = try Self.start(directory, guests, prefix, options)
    }

    private static func start(
        _ directory: TestDirectory, _ guests: Int, _ prefix: [String], _ options: [String]
    ) throws -> Child {
        let program = "\(Child.buildDirectory ?? ".")/entmesh-host"
        let sockets = (0..<guests).flatMap {
            ["--guest-socket", "g\($0)=\(directory.path("g\($0)"))"]
        }
        return try Child(
            prefix + [
                program, "--no-vsock", "--no-libvirt", "--source", "device=/dev/urandom",
                "--control-socket", directory.path("control"), "--tank-size", "65536",
            ] + sockets + options, log: directory.path("log"))
    }

    var control: String { directory.path("control") }

    func guest(_ number: Int, _ manners: Manners? = .polite) async throws -> FakeGuest {
        try await FakeGuest(directory.path("g\(number)"), manners)
    }

    /// Waits until it answers and its tank has something to give.
    func ready() async throws {
        try await poll { (try? await self.status().tank.level) ?? 0 > 50 }
    }

    func status() async throws -> HostStatus {
        let (_, body) = try await ControlDialogue.send(control, "GET", ControlAPI.statusPath)
        return try JSONDecoder().decode(HostStatus.self, from: Data(body.utf8))
    }

    /// Ends it, and sees that its books balance first.
    func finish() async throws {
        let status = try await status()
        #expect(status.tank.balances)
        child.signal(SIGTERM)
        #expect(await child.status() == 0)
    }
}

private let canLimitMemory = canDropPrivileges && canLockMemory

@Suite(
    .timeLimit(.minutes(5)), .serialized,
    .enabled(if: isRoot, "the control socket answers uid 0, and memory is locked"))
struct DaemonTests {
    // MARK: F16

    private let withoutLockedMemory = [
        "/usr/bin/setpriv", "--bounding-set", "-ipc_lock", "--inh-caps", "-ipc_lock",
        "/usr/bin/prlimit", "--memlock=4096:4096",
    ]

    @Test(.enabled(if: canLimitMemory, "takes setpriv(1), prlimit(1), and no sanitizer"))
    func memoryThatCannotBeLockedIsAReasonNotToStart() async throws {
        let daemon = try await Daemon(prefix: withoutLockedMemory)
        #expect(await daemon.child.status() == 78)
        #expect(
            daemon.child.log.contains(
                """
                cannot lock 64 KiB of memory for the tank: ENOMEM, not enough memory or above a \
                limit. Set LimitMEMLOCK=infinity in the unit, or run: ulimit -l unlimited. To go on \
                with memory that may be swapped: --allow-unlocked-memory
                """))
    }

    @Test(.enabled(if: canLimitMemory, "takes setpriv(1), prlimit(1), and no sanitizer"))
    func theOperatorMayGoOnWithoutAndIsReminded() async throws {
        let daemon = try await Daemon(
            prefix: withoutLockedMemory, options: ["--allow-unlocked-memory"])
        try await daemon.ready()
        let status = try await daemon.status()
        #expect(!status.tank.isLocked)
        #expect(
            status.warnings.contains {
                $0.hasPrefix("memory is not locked: entropy may reach swap")
            })
        try await daemon.finish()
    }

    // MARK: F59

    @Test(.enabled(if: canDropPrivileges, "takes prlimit(1)"))
    func descriptorsRunOutForNewGuestsOnly() async throws {
        let daemon = try await Daemon(guests: 40, prefix: ["/usr/bin/prlimit", "--nofile=120:120"])
        try await daemon.ready()
        var served: [FakeGuest] = []
        var refused = 0
        for number in 0..<40 {
            let guest = try await daemon.guest(number)
            if await guest.block() != nil { served.append(guest) } else { refused += 1 }
        }
        #expect(refused > 0 && !served.isEmpty)
        var status = try await daemon.status()
        #expect(status.guestsConnected == served.count)
        #expect(
            status.counters.first { $0.reason == "out-of-resources" }?.count == UInt64(refused))
        // Now the last ones go too, to clients of the control socket that the kernel has accepted.
        var idle: [ControlDialogue] = []
        for _ in 0..<100 { idle.append(try await ControlDialogue(daemon.control)) }
        try await poll { daemon.child.descriptors >= 120 }
        let late = try await daemon.guest(39)
        #expect(daemon.child.isRunning)
        // Who is served already does not notice.
        let first = try #require(served.first)
        try await first.goStale()
        #expect(await first.block() != nil)
        for client in idle { try? await client.hangUp() }
        // And come back.
        try? await late.hangUp()
        for guest in served { try await guest.hangUp() }
        try await poll {
            guard let status = try? await daemon.status() else { return false }
            return status.guestsConnected == 0
        }
        let again = try await daemon.guest(39)
        #expect(await again.block() != nil)
        status = try await daemon.status()
        #expect(status.tank.balances)
        try await daemon.finish()
    }

    // MARK: F61

    @Test func itEndsInTwoSecondsWhateverGoesOn() async throws {
        let daemon = try await Daemon(guests: 20)
        try await daemon.ready()
        var guests: [FakeGuest] = []
        for number in 0..<20 {
            guests.append(try await daemon.guest(number, number % 2 == 0 ? .polite : .silent))
        }
        for guest in guests { #expect(await guest.block() != nil) }
        // Half a request, a request that waits for a receipt, and a guest half-way into its hello.
        let half = try await ControlDialogue(daemon.control)
        try await half.write("POST /v1/reseed HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n{")
        let waiting = try await ControlDialogue(daemon.control)
        try await waiting.write(
            "POST /v1/reseed HTTP/1.1\r\nHost: h\r\nContent-Length: 15\r\n\r\n{\"domain\":\"g1\"}")
        try await poll { try await daemon.status().tank.inFlight >= 320 }
        let start = ContinuousClock.now
        daemon.child.signal(SIGTERM)
        #expect(await daemon.child.status() == 0)
        let end = try #require(daemon.child.endTime)
        #expect(end - start < .seconds(isThreadSanitized ? 10 : 2))
        for guest in guests { #expect(await guest.ending() == .shutdown) }
        let left = try FileManager.default.contentsOfDirectory(atPath: daemon.directory.root)
        #expect(left == ["log"])
    }

    @Test func aStormOfHangupsAndALongStopDoNotEndIt() async throws {
        let daemon = try await Daemon()
        try await daemon.ready()
        let guest = try await daemon.guest(0)
        #expect(await guest.block() != nil)
        for _ in 0..<1000 { daemon.child.signal(SIGHUP) }
        daemon.child.signal(SIGSTOP)
        try await poll { daemon.child.state == "T" }
        try await guest.announce(50)
        daemon.child.signal(SIGCONT)
        let (status, body) = try await ControlDialogue.send(
            daemon.control, "POST", ControlAPI.reseedPath, body: Array(#"{"domain":"g0"}"#.utf8))
        #expect(status == 200 && body.contains("reseeded"))
        #expect(await guest.next { if case .block = $0 { true } else { false } } != nil)
        try await daemon.finish()
    }

    // MARK: F45

    @Test func aSecondDaemonIsRefusedAndTheFirstOneIsNotDisturbed() async throws {
        let daemon = try await Daemon()
        try await daemon.ready()
        let second = try Child(
            [
                "\(Child.buildDirectory ?? ".")/entmesh-host", "--no-vsock", "--no-libvirt",
                "--source", "device=/dev/urandom", "--control-socket", daemon.control,
            ], log: daemon.directory.path("log2"))
        #expect(await second.status() == 78)
        #expect(second.log.contains("another daemon listens there; stop it first"))
        let guest = try await daemon.guest(0)
        #expect(await guest.block() != nil)
        try await daemon.finish()
    }

    @Test func whereItCannotListenItEndsAtOnceAndLeavesTheFileAlone() async throws {
        let directory = try TestDirectory()
        try "mine".write(toFile: directory.path("file"), atomically: false, encoding: .utf8)
        let child = try Child(
            [
                "\(Child.buildDirectory ?? ".")/entmesh-host", "--no-vsock", "--no-libvirt",
                "--source", "device=/dev/urandom", "--control-socket", directory.path("control"),
                "--guest-socket", "a=\(directory.path("a"))",
                "--guest-socket", "b=\(directory.path("file"))",
            ], log: directory.path("log"))
        #expect(await child.status() == 78)
        #expect(child.log.contains("there is a file that is no socket; move it away"))
        let left = try FileManager.default.contentsOfDirectory(atPath: directory.root).sorted()
        #expect(left == ["file", "log"])
    }

    @Test func whatAKilledDaemonLeftIsReplaced() async throws {
        let first = try await Daemon()
        try await first.ready()
        first.child.signal(SIGKILL)
        #expect(await first.child.status() == -SIGKILL)
        let second = try Child(
            [
                "\(Child.buildDirectory ?? ".")/entmesh-host", "--no-vsock", "--no-libvirt",
                "--source", "device=/dev/urandom", "--control-socket", first.control,
                "--guest-socket", "g0=\(first.directory.path("g0"))",
            ], log: first.directory.path("log2"))
        try await first.ready()
        let guest = try await first.guest(0)
        #expect(await guest.block() != nil)
        second.signal(SIGTERM)
        #expect(await second.status() == 0)
    }

    @Test(arguments: [
        ("test", "it has no \"://\""), ("qemu:///session", "guests of a user's own session"),
        ("qemu+ssh://elsewhere/system", "it names another machine"),
    ])
    func theDefaultOfLibvirtIsHonouredAndChecked(_ uri: String, _ reason: String) async throws {
        let directory = try TestDirectory()
        let child = try Child(
            [
                "\(Child.buildDirectory ?? ".")/entmesh-host", "--no-vsock",
                "--control-socket", directory.path("control"),
            ], log: directory.path("log"), environment: ["LIBVIRT_DEFAULT_URI": uri])
        #expect(await child.status() == 78)
        #expect(child.log.contains("cannot use the libvirt URI \"\(uri)\": \(reason)"))
    }

    // MARK: F31, N9

    /// 10,000 connections of 100 guests: what they took is given back. Before them come as many as
    /// it takes until the allocator and the tables of the program have their size.
    @Test func tenThousandConnectionsLeaveNothingBehind() async throws {
        let daemon = try await Daemon(guests: 100, options: ["--log-level", "warning"])
        try await daemon.ready()
        try await cycles(3000, daemon)
        let before = (daemon.child.descriptors, daemon.child.residentKiB)
        try await cycles(10_000, daemon)
        let after = (daemon.child.descriptors, daemon.child.residentKiB)
        let counters = try await daemon.status().counters
        let whole = counters.first { $0.reason == "end-of-stream" }?.count ?? 0
        #expect(whole == 13_000)
        print(
            "N9: \(whole) whole sessions, descriptors \(before.0) -> \(after.0), RSS \(before.1) -> \(after.1) KiB"
        )
        try await poll { daemon.child.descriptors <= before.0 }
        // The thread sanitizer keeps a history of its own.
        let bar = 1.05
        #expect(Double(after.1) <= Double(before.1) * bar)
        try await daemon.finish()
    }

    private func cycles(_ count: Int, _ daemon: Daemon) async throws {
        let hello = RawFrame.hello(Manners.polite.hello).bytes + RawFrame.level(0).bytes
        let paths = (0..<100).map { daemon.directory.path("g\($0)") }
        let (done, continuation) = AsyncStream.makeStream(of: Void.self)
        Thread.detachNewThread {
            var whole = 0
            while whole < count {
                if dialAndLeave(paths[whole % 100], saying: hello) {
                    whole += 1
                } else {
                    // More than ten a second from this one.
                    usleep(10_000)
                }
            }
            continuation.finish()
        }
        for await _ in done {}
        try await poll { try await daemon.status().guestsConnected == 0 }
    }
}

/// Dials `path`; whoever gets the descriptor closes it.
func dialled(_ path: String) -> Int32? {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let connected = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
    guard connected == 0 else {
        close(descriptor)
        return nil
    }
    return descriptor
}

/// Whether the first that comes on `descriptor` is a hello.
func isGreeted(on descriptor: Int32) -> Bool {
    var answer = [UInt8](repeating: 0, count: 256)
    return recv(descriptor, &answer, answer.count, 0) > 8 && answer[3] == 1
}

/// Connects, says `bytes`, waits for the answer, and is gone; returns whether it was a hello.
private func dialAndLeave(_ path: String, saying bytes: [UInt8]) -> Bool {
    guard let descriptor = dialled(path) else { return false }
    defer { close(descriptor) }
    guard send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) > 0 else { return false }
    return isGreeted(on: descriptor)
}

extension Child {
    /// The letter of its state (proc(5)).
    var state: String {
        let stat = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
        return stat.range(of: ") ").map { String(stat[$0.upperBound...].prefix(1)) } ?? ""
    }
}
