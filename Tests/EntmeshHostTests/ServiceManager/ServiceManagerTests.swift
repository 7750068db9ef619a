// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshControl
import EntmeshNode
import EntmeshTestSupport
import Foundation
import Testing

@testable import EntmeshHost

/// What systemd puts into the environment, and what it is told.
@Suite(.timeLimit(.minutes(5)))
struct ServiceManagerTests {
    private func manager(_ environment: [String: String]) -> ServiceManager {
        ServiceManager(environment: environment, processID: 77)
    }

    // MARK: What it says

    @Test func theSocketUnitsDescriptorIsFoundByItsName() {
        let environment = ["LISTEN_PID": "77", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "other:vsock"]
        #expect(manager(environment).vsockDescriptor == 4)
    }

    @Test(arguments: [
        // Meant for another process; fewer than named; without a name; nonsense.
        ["LISTEN_PID": "78", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "vsock"],
        ["LISTEN_PID": "77", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "other:vsock"],
        ["LISTEN_PID": "77", "LISTEN_FDS": "1"],
        ["LISTEN_PID": "77", "LISTEN_FDS": "x", "LISTEN_FDNAMES": "vsock"],
        [:],
    ])
    func noOtherDescriptorIsTakenForIt(environment: [String: String]) {
        #expect(manager(environment).vsockDescriptor == nil)
    }

    @Test func theWatchdogsTimeIsInMicrosecondsAndForTheProcessItNames() {
        #expect(manager(["WATCHDOG_USEC": "30000000"]).watchdogInterval == .seconds(30))
        let ours = ["WATCHDOG_USEC": "1000", "WATCHDOG_PID": "77"]
        #expect(manager(ours).watchdogInterval == .milliseconds(1))
        let others = ["WATCHDOG_USEC": "1000", "WATCHDOG_PID": "78"]
        #expect(manager(others).watchdogInterval == nil)
        #expect(manager(["WATCHDOG_USEC": "0"]).watchdogInterval == nil)
        let endless = ["WATCHDOG_USEC": "\(Int64.max)"]
        #expect(manager(endless).watchdogInterval == .seconds(365 * 86_400))
    }

    @Test func aCredentialIsAFileThatIsThere() throws {
        let directory = try TestDirectory()
        let manager = manager(["CREDENTIALS_DIRECTORY": directory.path("")])
        #expect(manager.credential("peer.key") == nil)
        try "key".write(toFile: directory.path("peer.key"), atomically: false, encoding: .utf8)
        #expect(manager.credential("peer.key")?.hasSuffix("/peer.key") == true)
    }

    @Test func stateGoesToTheFirstFolder() {
        #expect(manager(["STATE_DIRECTORY": "/a:/b"]).stateDirectory == "/a")
        #expect(manager([:]).stateDirectory == nil)
    }

    // MARK: What it is told

    @Test func assignmentsComeAsOneDatagram() async throws {
        let directory = try TestDirectory()
        let inbox = try DatagramInbox(directory.path("notify"))
        manager(["NOTIFY_SOCKET": directory.path("notify")]).notify(["READY=1", "STATUS=good"])
        #expect(inbox.next() == "READY=1\nSTATUS=good")
    }

    @Test func aReloadBeforeTheStartIsOverIsNoSignOfReadiness() throws {
        let directory = try TestDirectory()
        let inbox = try DatagramInbox(directory.path("notify"))
        let notifier = ServiceNotifier(manager(["NOTIFY_SOCKET": directory.path("notify")]))
        notifier.reloading()
        notifier.reloaded()
        notifier.ready(status: "good")
        #expect(inbox.next() == "READY=1\nSTATUS=good\nWATCHDOG=1")
    }

    @Test func aDescriptorThatIsNoListeningVsockSocketIsRefused() throws {
        let directory = try TestDirectory()
        let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        #expect(throws: HostError.self) { try InheritedVsock.check(descriptor) }
        #expect(throws: HostError.self) { try InheritedVsock.check(999) }
        withExtendedLifetime(directory) {}
    }

    @Test func whereNobodyListensNothingHappens() {
        #expect(!DatagramSocket.send([1], to: "/nonexistent/socket"))
        #expect(!DatagramSocket.send([1], to: String(repeating: "x", count: 200)))
        manager([:]).notify(["READY=1"])
    }

    // U19.
    @Test func theLineSaysWhatIsConnectedAndWhatIsWrong() async throws {
        try await TestHost.run { host in
            var status = await host.node.status()
            status.warnings = []
            status.guestsConnected = 412
            status.tank.level = 87
            let good = try #require(status.sources.first)
            status.sources = [good, good, good]
            #expect(status.line == "412 guests, tank 87 %, 3 sources ok")
            var bad = good
            bad.name = "tpm0"
            bad.state = "failed: repetition count test: one value 16 times in a row"
            bad.isHealthy = false
            status.sources.append(bad)
            #expect(status.line == "412 guests, tank 87 %, 3 sources ok, 1 not: tpm0 failed")
            status.sources = [bad, bad]
            status.guestsConnected = 1
            status.libvirt.state = "lost"
            status.warnings = ["something"]
            #expect(
                status.line
                    == "1 guest, tank 87 %, 0 sources ok, 2 not: tpm0 failed and others, "
                    + "libvirt lost, 1 warning: entmesh status")
        }
    }

    @Test func itIsToldOfTheStartOfEachReloadAndOfTheEnd() async throws {
        let daemon = try await NotifiedDaemon()
        let first = try #require(daemon.inbox.next())
        #expect(first.hasPrefix("READY=1\nSTATUS=0 guests, tank "))
        #expect(first.hasSuffix("\nWATCHDOG=1"))
        daemon.child.signal(SIGHUP)
        #expect(daemon.inbox.next { $0.hasPrefix("RELOADING=1\nMONOTONIC_USEC=") } != nil)
        #expect(daemon.inbox.next { $0 == "READY=1" } != nil)
        // It is alive, and says so three times in the time it was given.
        #expect(daemon.inbox.next { $0.hasPrefix("STATUS=") && $0.hasSuffix("WATCHDOG=1") } != nil)
        daemon.child.signal(SIGTERM)
        #expect(daemon.inbox.next { $0 == "STOPPING=1" } != nil)
        #expect(await daemon.child.status() == 0)
    }

    @Test func aControlSocketThatCannotBeMadeIsNoReasonNotToBeReady() async throws {
        let daemon = try await NotifiedDaemon(control: "/proc/control")
        #expect(daemon.inbox.next()?.hasPrefix("READY=1\n") == true)
        #expect(daemon.inbox.next { $0.contains(": entmesh status\n") } != nil)
        daemon.child.signal(SIGTERM)
        #expect(await daemon.child.status() == 0)
    }
}

/// The daemon as it is built, told that a service manager watches it.
private final class NotifiedDaemon {
    let child: Child
    let inbox: DatagramInbox
    let directory: TestDirectory

    init(control: String? = nil) async throws {
        directory = try TestDirectory()
        inbox = try DatagramInbox(directory.path("notify"))
        child = try Child(
            [
                "\(Child.buildDirectory ?? ".")/entmesh-host", "--no-vsock", "--no-libvirt",
                "--source", "device=/dev/urandom", "--tank-size", "65536",
                "--allow-unlocked-memory", "--control-socket",
                control ?? directory.path("control"),
            ], log: directory.path("log"),
            environment: [
                "NOTIFY_SOCKET": directory.path("notify"), "WATCHDOG_USEC": "300000",
            ])
    }
}
