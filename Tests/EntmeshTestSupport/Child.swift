// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import Foundation
internal import Glibc
internal import Synchronization

/// Whether a test can run something as another user.
package let canDropPrivileges =
    geteuid() == 0
    && ["/usr/bin/setpriv", "/usr/bin/perl"].allSatisfy {
        FileManager.default.isExecutableFile(atPath: $0)
    }

/// Whether this build runs under the thread sanitizer, which takes its time.
package let isThreadSanitized = dlsym(nil, "__tsan_init") != nil

/// Whether mlock(2) does what it says: under either sanitizer it does nothing, and never fails.
package let canLockMemory = !isThreadSanitized && dlsym(nil, "__asan_init") == nil

// Glibc's module leaves it out.
@_silgen_name("posix_spawn_file_actions_addclosefrom_np")
private func addCloseFrom(
    _ actions: UnsafeMutablePointer<posix_spawn_file_actions_t>, _ first: Int32
) -> Int32

/// Another program, started by a test. (Foundation's `Process` lets children inherit what it learns
/// the end of others by, so one that lives long hides the ends of the rest.)
package final class Child: Sendable {
    package struct CannotStart: Error {
        let program: String
        let errno: Int32
    }

    package let pid: Int32
    private let exit: AsyncStream<Int32>
    private let ended: Ended
    private let logPath: String

    /// Starts `command`; what it writes goes to the file `log`.
    package init(_ command: [String], log: String, environment: [String: String] = [:]) throws {
        pid = try Self.spawn(command, log, environment)
        logPath = log
        let ended = Ended()
        let (exit, continuation) = AsyncStream.makeStream(of: Int32.self)
        Thread.detachNewThread { [pid] in
            var status: Int32 = 0
            while waitpid(pid, &status, 0) < 0, errno == EINTR {}
            ended.time.withLock { $0 = .now }
            // wait(2): the signal in the low seven bits, else the exit status above.
            continuation.yield(status & 0x7F == 0 ? status >> 8 & 0xFF : -(status & 0x7F))
            continuation.finish()
        }
        self.exit = exit
        self.ended = ended
    }

    private static func spawn(
        _ command: [String], _ log: String, _ environment: [String: String]
    ) throws -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        // NIO's sockets are not closed on exec: a child that kept one would keep it open for its peer.
        _ = addCloseFrom(&actions, 3)
        let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        var arguments = command.map { strdup($0) } + [nil]
        var strings = variables.map { strdup("\($0)=\($1)") } + [nil]
        defer { for string in arguments + strings { free(string) } }
        var pid: Int32 = 0
        let result = posix_spawn(&pid, command[0], &actions, nil, &arguments, &strings)
        guard result == 0 else { throw CannotStart(program: command[0], errno: result) }
        return pid
    }

    private final class Ended: Sendable {
        let time = Mutex<ContinuousClock.Instant?>(nil)
    }

    package var log: String { (try? String(contentsOfFile: logPath, encoding: .utf8)) ?? "" }
    package var isRunning: Bool { endTime == nil }
    /// When it ended, whenever the test comes to hear of it.
    package var endTime: ContinuousClock.Instant? { ended.time.withLock { $0 } }

    package func signal(_ number: Int32) { kill(pid, number) }

    /// Awaits its end: the exit status, or a negated signal.
    package func status() async -> Int32 {
        for await status in exit { return status }
        return .min
    }

    deinit { if isRunning { kill(pid, SIGKILL) } }

    /// Runs a program to its end and returns what it wrote.
    package static func output(_ command: String...) async throws -> String? {
        let directory = try TestDirectory()
        let child = try Child(command, log: directory.path("out"))
        _ = await child.status()
        return child.log
    }

    /// The directory that the programs of this build are in: where the test bundle is.
    package static let buildDirectory: String? = {
        let bundle = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return bundle.map { URL(fileURLWithPath: $0).deletingLastPathComponent().path }
    }()

    /// Descriptors open in the process.
    package var descriptors: Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count) ?? -1
    }

    /// Resident memory, in KiB.
    package var residentKiB: Int {
        let status = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? -1
    }
}
