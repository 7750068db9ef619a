// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import ArgumentParser
internal import EntmeshConfig
internal import EntmeshHost
internal import EntmeshLinux
internal import Foundation
internal import Glibc
internal import Logging
internal import ServiceLifecycle

/// The host agent: keeps the tank full, knows every libvirt guest, feeds each over AF_VSOCK.
@main
struct EntmeshHostCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "entmesh-host",
        abstract: "Feed entropy to this hypervisor's guests.",
        discussion: """
            Keeps a tank full of health-tested, conditioned entropy from this machine's hardware \
            and feeds it to the agent in every libvirt guest over AF_VSOCK. Needs \
            CAP_NET_BIND_SERVICE, permission to read the devices, and locked memory; nothing else. \
            What is said here goes before what the configuration says. SIGHUP reads it again.
            """,
        version: "\(HostNode.version)")

    @Option(
        help: ArgumentHelp(
            """
            The configuration, which must be there then; else \(HostSettings.defaultPath), which \
            need not.
            """, valueName: "path"))
    var config: String?

    @Flag(help: "Say whether the configuration is good, and end.")
    var checkConfig = false

    @OptionGroup var tank: TankOptions
    @OptionGroup var guests: GuestOptions
    @OptionGroup var sockets: SocketOptions

    @Option(help: "What to log: debug, info, notice, warning or error.")
    var logLevel: NamedLevel?

    // Swift reads its arguments from there, and without it there are none: --check-config would
    // become a start.
    static func main() async {
        guard !CommandLine.arguments.isEmpty else {
            FileHandle.standardError.write(
                Data(
                    "cannot read the command line: is /proc mounted? mount -t proc proc /proc\n"
                        .utf8))
            exit(withError: ExitCode(EX_CONFIG))
        }
        await main(nil)
    }

    func run() async throws {
        let settings = try loadOrEnd()
        if checkConfig {
            print("\(file.path): \(file.exists ? "good" : "not there: all defaults")")
            return
        }
        ignoreSignals()
        raiseDescriptorLimit()
        let log = makeLog(settings.logLevel)
        do {
            try await serve(settings, log)
        } catch let error as HostError {
            log.critical("cannot go on", metadata: ["reason": "\(error)"])
            if case .noSourceLeft = error { throw ExitCode(EX_UNAVAILABLE) }
            throw ExitCode(EX_CONFIG)
        }
    }

    private func serve(_ settings: HostSettings, _ log: Logger) async throws {
        let manager = ServiceManager()
        var configuration = HostConfiguration(settings, manager: manager, clock: SystemClock.now)
        configuration.warnings += protect(log)
        let feed = SourceFeed(settings.sources, log: log)
        let agent = try HostAgent(configuration: configuration, feed: feed, log: log)
        // A file that is away for a moment is not the same as none.
        let mustBeThere = file.exists
        let notifier = ServiceNotifier(manager)
        let reloader = Reloader(
            node: agent.node, feed: feed, started: settings, notifier: notifier,
            load: { () throws(ConfigError) in try load(mustBeThere) })
        let (readiness, ready) = AsyncStream.makeStream(
            of: Void.self, bufferingPolicy: .bufferingNewest(1))
        try await agent.run(
            companions: [
                reloader, SourceGuard(feed.exhaustion),
                ServiceReporter(notifier, node: agent.node, ready: readiness),
            ], ready: { ready.yield() })
    }

    // MARK: Configuration

    private var file: ConfigFile {
        ConfigFile(path: config ?? HostSettings.defaultPath, isRequired: config != nil)
    }

    private func load(_ mustBeThere: Bool = false) throws(ConfigError) -> HostSettings {
        let file = ConfigFile(path: file.path, isRequired: file.isRequired || mustBeThere)
        var settings = try file.load()
        tank.override(&settings)
        guests.override(&settings)
        sockets.override(&settings)
        if let logLevel { settings.logLevel = logLevel.level }
        // The key can be root's alone when the service manager hands it over. A path that was given
        // goes before it.
        if settings.peers.keyPath == PeersSettings().keyPath,
            let key = ServiceManager().credential("peer.key")
        {
            settings.peers.keyPath = key
        }
        return settings
    }

    private func loadOrEnd() throws -> HostSettings {
        do throws(ConfigError) {
            return try load()
        } catch {
            FileHandle.standardError.write(Data("\(error)\n".utf8))
            throw ExitCode(EX_CONFIG)
        }
    }

    // MARK: The process

    private func makeLog(_ level: LogLevel) -> Logger {
        LoggingSystem.bootstrap(StreamLogHandler.standardError)
        var log = Logger(label: "entmesh-host")
        log.logLevel = Logger.Level(rawValue: level.rawValue) ?? .info
        return log
    }

    // SIGHUP before the reloader listens is no reason to end; nor is a log that is gone.
    private func ignoreSignals() {
        signal(SIGHUP, SIG_IGN)
        signal(SIGPIPE, SIG_IGN)
    }

    // Each guest takes a descriptor; the soft limit is for programs that use select(2).
    private func raiseDescriptorLimit() {
        var limits = rlimit()
        let descriptors = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(descriptors, &limits) == 0 else { return }
        limits.rlim_cur = limits.rlim_max
        setrlimit(descriptors, &limits)
    }

    // Entropy must not reach a core file or swap. The tank is locked in any case or not at all;
    // the rest of the process where the limits allow it. Returns what could not be done.
    private func protect(_ log: Logger) -> [String] {
        var warnings: [String] = []
        do {
            try ProcessHardening.forbidDumps()
        } catch {
            warnings.append("the memory may reach a core file: \(error.text), see prctl(2)")
        }
        do {
            try lockAllMemory()
        } catch {
            warnings.append(
                "not all memory is locked: \(error.text); set LimitMEMLOCK=infinity in the unit")
        }
        for warning in warnings { log.warning("\(warning)") }
        return warnings
    }

    // Under a finite limit that does not bind now, all that is mapped later would count against
    // it, and a thread that cannot be started ends the program: so only without one.
    private func lockAllMemory() throws(Errno) {
        var limits = rlimit()
        getrlimit(__rlimit_resource_t(__RLIMIT_MEMLOCK.rawValue), &limits)
        guard limits.rlim_cur == rlim_t.max || mayLockMemory else { throw .outOfMemory }
        try ProcessHardening.lockAllMemory()
    }

    // Whether CAP_IPC_LOCK is effective, and with it no limit (capabilities(7), proc(5)).
    private var mayLockMemory: Bool {
        let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = status?.split(separator: "\n").first { $0.hasPrefix("CapEff:") }
        let set = line.flatMap { UInt64($0.dropFirst(7).drop { $0.isWhitespace }, radix: 16) }
        return set.map { $0 >> 14 & 1 == 1 } ?? false
    }
}

/// `--log-level`.
struct NamedLevel: ExpressibleByArgument {
    let level: LogLevel

    init?(argument: String) {
        guard let level = LogLevel(rawValue: argument) else { return nil }
        self.level = level
    }
}
