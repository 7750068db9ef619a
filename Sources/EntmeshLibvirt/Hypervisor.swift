// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshThreads

/// Our handle on this machine's libvirt: its domains, and what happens to them.
///
/// It only ever reads. All calls are asynchronous, end at their deadline, and never block a thread
/// of the caller, even when libvirtd hangs: libvirt is called from a thread of its own. Everything
/// that libvirt says is outside input; none of it can trap.
public final class Hypervisor: Sendable {
    private let uri: HypervisorURI
    private let access: LibvirtConnection.Access
    private let limits: HypervisorLimits
    private let worker: WorkerThread<LibvirtConnection?>
    private let isRunning = Monitor(false)
    private let loss = Monitor(HypervisorError?.none)

    /// Makes a handle; `run` connects it.
    ///
    /// - Parameter uri: a libvirt URI of this machine; `nil` is `qemu:///system`.
    /// - Throws: `unsuitableURI` for another machine and for `qemu:///session`, `noThread`.
    public convenience init(uri: String? = nil) throws(HypervisorError) {
        try self.init(uri: uri, access: .readOnly, limits: HypervisorLimits())
    }

    init(
        uri: String?, access: LibvirtConnection.Access, limits: HypervisorLimits
    ) throws(HypervisorError) {
        self.uri = try HypervisorURI(uri)
        self.access = access
        self.limits = limits
        worker = try WorkerThread(limit: limits.parkedRequests) { nil }
    }

    /// Connects, tells of all domains and then of every event, and connects anew whenever libvirt is
    /// lost, until the task is cancelled; then it returns.
    ///
    /// - Parameter body: takes the updates, one at a time and in order. While it works, events wait
    ///   in a bounded queue; if that is not enough, libvirt counts as lost and all is read anew.
    /// - Throws: `alreadyRunning`. Whatever befalls libvirt is an update, not an error.
    public func run(
        _ body: @Sendable (HypervisorUpdate) async -> Void
    ) async throws(HypervisorError) {
        try begin()
        defer { isRunning.withLock { $0 = false } }
        var backOff = BackOff(shortest: limits.shortestBackOff, longest: limits.longestBackOff)
        var lastReason: String?
        while !Task.isCancelled {
            let session = await session(body)
            if session.connected {
                backOff.reset()
                lastReason = nil
            }
            if Task.isCancelled { return }
            let reason = session.end.description
            loss.withLock { $0 = session.end }
            if reason != lastReason { await body(.lost(reason: reason)) }
            lastReason = reason
            // Cancellation ends the pause, and is seen above.
            try? await Task.sleep(for: backOff.next())
        }
    }

    /// Why libvirt was lost the last time; what `HypervisorUpdate.lost` says in words.
    public var lastLoss: HypervisorError? { loss.withLock { $0 } }

    /// All domains, active or not.
    ///
    /// - Parameter deadline: how long the whole answer may take.
    /// - Throws: `notConnected` unless `run` has connected; `timedOut`, `tooManyRequests`,
    ///   `cancelled`, `libvirt`.
    public func domains(
        deadline: Duration = .seconds(10)
    ) async throws(HypervisorError) -> [Domain] {
        try await domains(.until(.now + deadline))
    }

    /// The domain as it is now; `nil` if libvirt knows none with this UUID.
    ///
    /// - Parameter deadline: how long the answer may take.
    /// - Throws: as `domains(deadline:)`.
    public func domain(
        uuid: DomainUUID, deadline: Duration = .seconds(2)
    ) async throws(HypervisorError) -> Domain? {
        try await domain(uuid, .until(.now + deadline))
    }

    /// The version of libvirt that answers, as in `9.0.0`.
    ///
    /// - Parameter deadline: how long the answer may take.
    /// - Throws: as `domains(deadline:)`.
    public func version(
        deadline: Duration = .seconds(2)
    ) async throws(HypervisorError) -> String {
        let number = try await perform("ask for libvirt's version", .until(.now + deadline)) {
            connection throws(HypervisorError) in
            try connection.version()
        }
        // libvirt-host.h: major * 1,000,000 + minor * 1,000 + release.
        return "\(number / 1_000_000).\(number / 1_000 % 1_000).\(number % 1_000)"
    }
}

// MARK: - A session: from one connection to its loss

extension Hypervisor {
    private func begin() throws(HypervisorError) {
        let wasRunning = isRunning.withLock { isRunning in
            defer { isRunning = true }
            return isRunning
        }
        if wasRunning { throw .alreadyRunning }
    }

    /// One connection from beginning to end: whether it came to be, and why it ended.
    private func session(
        _ body: @Sendable (HypervisorUpdate) async -> Void
    ) async -> (connected: Bool, end: HypervisorError) {
        let inbox = EventInbox(limit: limits.waitingEvents)
        let session = await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.askForResyncs(inbox) }
            let session = await self.serve(inbox, body)
            group.cancelAll()
            return session
        }
        inbox.finish()
        worker.post { connection in connection = nil }
        await tellUnconfirmed(inbox, body)
        return session
    }

    private func serve(
        _ inbox: EventInbox, _ body: @Sendable (HypervisorUpdate) async -> Void
    ) async -> (connected: Bool, end: HypervisorError) {
        var connected = false
        do throws(HypervisorError) {
            try await connect(inbox)
            let domains = try await domains(.eachCall(limits.callDeadline))
            connected = true
            await body(.connected(domains))
            for await signal in inbox.signals {
                try await handle(signal, body)
                if inbox.hasOverflowed { throw .tooManyEvents(limit: limits.waitingEvents) }
            }
            return (connected, .cancelled)
        } catch {
            return (connected, error)
        }
    }

    private func handle(
        _ signal: EventInbox.Signal, _ body: @Sendable (HypervisorUpdate) async -> Void
    ) async throws(HypervisorError) {
        switch signal {
        case .event(let event):
            do throws(HypervisorError) {
                let domain = try await domain(event.uuid, .eachCall(limits.callDeadline))
                await body(.event(event, domain))
            } catch {
                await body(.unconfirmedEvent(event))
                throw error
            }
        case .resync:
            await body(.resynced(try await domains(.eachCall(limits.callDeadline))))
        case .closed(let reason):
            throw .connectionClosed(reason: reason)
        }
    }

    // What libvirt had already told counts, even if it can no longer be asked: a restore may be
    // among it.
    private func tellUnconfirmed(
        _ inbox: EventInbox, _ body: @Sendable (HypervisorUpdate) async -> Void
    ) async {
        for await signal in inbox.signals {
            if case .event(let event) = signal { await body(.unconfirmedEvent(event)) }
        }
    }

    private func askForResyncs(_ inbox: EventInbox) async {
        while (try? await Task.sleep(for: limits.resyncInterval)) != nil { inbox.post(.resync) }
    }
}

// MARK: - Questions to libvirt

extension Hypervisor {
    /// How long to wait for answers.
    private enum Patience {
        /// For all of them together.
        case until(ContinuousClock.Instant)
        /// For each of them.
        case eachCall(Duration)

        var deadline: ContinuousClock.Instant {
            switch self {
            case .until(let deadline): deadline
            case .eachCall(let duration): .now + duration
            }
        }
    }

    private func connect(_ inbox: EventInbox) async throws(HypervisorError) {
        let (uri, access, limits) = (uri, access, limits)
        try await worker.perform(
            "connect to libvirt at \(uri.text)", until: .now + limits.callDeadline
        ) { connection throws(HypervisorError) in
            connection = nil
            connection = try LibvirtConnection(
                uri: uri, access: access, limits: limits, inbox: inbox)
        }
    }

    // A call a domain, so that whoever confirms one domain does not wait for all of them.
    private func domains(_ patience: Patience) async throws(HypervisorError) -> [Domain] {
        let uuids = try await perform("list the domains", patience) {
            connection throws(HypervisorError) in
            try connection.domainUUIDs()
        }
        var domains: [Domain] = []
        for uuid in uuids {
            if let domain = try await domain(uuid, patience) { domains.append(domain) }
        }
        return domains
    }

    private func domain(
        _ uuid: DomainUUID, _ patience: Patience
    ) async throws(HypervisorError) -> Domain? {
        let facts = try await perform("read domain \(uuid)", patience) {
            connection throws(HypervisorError) in
            try connection.facts(of: uuid)
        }
        return facts.map { Domain($0) }
    }

    private func perform<Value: Sendable>(
        _ attempted: String, _ patience: Patience,
        _ body:
            @escaping @Sendable (borrowing LibvirtConnection) throws(HypervisorError) -> Value
    ) async throws(HypervisorError) -> Value {
        try await worker.perform(attempted, until: patience.deadline) {
            connection throws(HypervisorError) in
            switch connection {
            case .none: throw .notConnected
            case .some(let connection): return try body(connection)
            }
        }
    }

    /// Lends the connection to a test, on the worker thread.
    func withConnection<Value: Sendable>(
        _ body:
            @escaping @Sendable (borrowing LibvirtConnection) throws(HypervisorError) -> Value
    ) async throws(HypervisorError) -> Value {
        try await perform("do what a test wants", .eachCall(limits.callDeadline), body)
    }
}
