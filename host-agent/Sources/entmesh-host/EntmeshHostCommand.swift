// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import ArgumentParser
internal import EntmeshConnection
internal import EntmeshControl
internal import EntmeshHost
internal import EntmeshLinux
internal import Foundation
internal import Glibc
internal import Logging

/// The host agent: keeps the tank full, knows every libvirt guest, feeds each over AF_VSOCK.
@main
struct EntmeshHostCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "entmesh-host",
        abstract: "Feed entropy to this hypervisor's guests.",
        discussion: """
            Keeps a tank full of health-tested, conditioned entropy from /dev/hwrng and feeds it \
            to the agent in every libvirt guest over AF_VSOCK. Needs CAP_NET_BIND_SERVICE, \
            permission to read /dev/hwrng, and locked memory; nothing else.
            """,
        version: "\(HostNode.version)")

    @OptionGroup var guests: GuestOptions
    @OptionGroup var sockets: SocketOptions

    @Option(help: ArgumentHelp("Size of the tank, in bytes.", valueName: "bytes"))
    var tankSize = 1 << 20

    @Option(help: ArgumentHelp("The hardware generator to read.", valueName: "path"))
    var hwrng = "/dev/hwrng"

    @Option(help: "What to do with entropy the host's own pool gives: refuse, mix or credit.")
    var ownPool = OwnPoolTrust.refuse

    @Flag(help: "Go on with memory that may reach swap.")
    var allowUnlockedMemory = false

    @Option(help: "What to log: debug, info, notice, warning or error.")
    var logLevel = LogLevel.info

    func validate() throws {
        guard (4096...(1 << 30)).contains(tankSize) else {
            throw ValidationError("--tank-size must be from 4096 to 1073741824 bytes")
        }
    }

    func run() async throws {
        ignoreSignals()
        raiseDescriptorLimit()
        let log = makeLog()
        let warnings = protect(log)
        do {
            let agent = try HostAgent(
                configuration: try hostConfiguration(warnings),
                feeds: [NoiseFeed(path: hwrng, log: log)], log: log)
            try await agent.run()
        } catch let error as HostError {
            log.critical("cannot go on", metadata: ["reason": "\(error)"])
            throw ExitCode(EX_CONFIG)
        }
    }

    private func makeLog() -> Logger {
        LoggingSystem.bootstrap(StreamLogHandler.standardError)
        var log = Logger(label: "entmesh-host")
        log.logLevel = logLevel.level
        return log
    }

    // There is nothing to reload yet, so SIGHUP is no reason to end; a log that is gone is none
    // either.
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

    private func hostConfiguration(_ warnings: [String]) throws -> HostConfiguration {
        var configuration = HostConfiguration(
            listeners: sockets.listeners, roster: guests.roster, clock: SystemClock.now)
        configuration.tankCapacity = tankSize
        configuration.allowsUnlockedMemory = allowUnlockedMemory
        configuration.controlSocketPath = sockets.controlSocket
        configuration.controlGroup = sockets.group
        configuration.ownPoolInbound = ownPool.trust
        configuration.switchedOff = Set(guests.off)
        configuration.warnings = warnings
        return configuration
    }
}

/// `--own-pool`.
enum OwnPoolTrust: String, ExpressibleByArgument, CaseIterable {
    case refuse, mix, credit

    var trust: InboundTrust {
        switch self {
        case .refuse: .refuse
        case .mix: .mix
        case .credit: .credit
        }
    }
}

/// `--log-level`.
enum LogLevel: String, ExpressibleByArgument, CaseIterable {
    case debug, info, notice, warning, error

    var level: Logger.Level { Logger.Level(rawValue: rawValue) ?? .info }
}
