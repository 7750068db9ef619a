// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

public import EntmeshNode
internal import Foundation
internal import Glibc

/// The service manager that started this process, as systemd presents itself in the environment;
/// nothing happens where there is none.
///
/// Source: sd_notify(3), sd_watchdog_enabled(3), sd_listen_fds(3), systemd.exec(5). The protocols
/// are stable and a few lines; libsystemd would be one more library in the process that has M.
public struct ServiceManager: Sendable {
    /// The name of the socket unit's descriptor: `FileDescriptorName=`.
    public static let vsockName = "vsock"
    /// The first descriptor that is passed (sd_listen_fds(3), SD_LISTEN_FDS_START).
    private static let firstDescriptor: CInt = 3
    /// In microseconds.
    private static let longestWatch: Int64 = 365 * 86_400 * 1_000_000

    private let notifyPath: String?
    /// How often it wants to hear that the daemon is alive; nil if it does not.
    public let watchdogInterval: TimeSpan?
    /// The listening AF_VSOCK socket that it keeps for us; nil if there is none.
    public let vsockDescriptor: CInt?
    /// Where state may be kept over restarts; nil for nowhere.
    public let stateDirectory: String?
    private let credentialsDirectory: String?

    /// Nobody.
    public static let none = ServiceManager(environment: [:], processID: 0)

    /// Whoever the process's environment names.
    public init() {
        self.init(environment: ProcessInfo.processInfo.environment, processID: getpid())
    }

    // What is meant for a parent or a child is not for us.
    init(environment: [String: String], processID: Int32) {
        notifyPath = environment["NOTIFY_SOCKET"].flatMap { $0.isEmpty ? nil : $0 }
        let isWatched = environment["WATCHDOG_PID"].map { $0 == "\(processID)" } ?? true
        // Longer than a year is as good as never.
        watchdogInterval = environment["WATCHDOG_USEC"].flatMap { Int64($0) }
            .flatMap { isWatched && $0 > 0 ? min($0, Self.longestWatch) : nil }
            .map { TimeSpan(nanoseconds: $0 * 1000) }
        // Several folders are separated by colons; ours is the first.
        stateDirectory = environment["STATE_DIRECTORY"]?.split(separator: ":").first.map(
            String.init)
        credentialsDirectory = environment["CREDENTIALS_DIRECTORY"]
        vsockDescriptor = Self.vsockDescriptor(environment, processID)
    }

    private static func vsockDescriptor(
        _ environment: [String: String], _ processID: Int32
    ) -> CInt? {
        guard environment["LISTEN_PID"] == "\(processID)",
            let count = environment["LISTEN_FDS"].flatMap({ Int($0) })
        else { return nil }
        let names =
            environment["LISTEN_FDNAMES"]?
            .split(separator: ":", omittingEmptySubsequences: false) ?? []
        guard let index = names.firstIndex(where: { $0 == vsockName }), index < count else {
            return nil
        }
        return firstDescriptor + CInt(index)
    }

    /// The file of the credential `name` (systemd.exec(5), `LoadCredential=`); nil if there is none.
    public func credential(_ name: String) -> String? {
        credentialsDirectory.map { "\($0)/\(name)" }
            .flatMap { FileManager.default.fileExists(atPath: $0) ? $0 : nil }
    }

    /// Tells it what happened: one datagram, never waited for. What cannot be sent is lost.
    func notify(_ assignments: [String]) {
        guard let notifyPath else { return }
        DatagramSocket.send(Array(assignments.joined(separator: "\n").utf8), to: notifyPath)
    }
}
