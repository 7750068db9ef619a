// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

public import EntmeshConnection
public import EntmeshLinux
public import EntmeshNode

/// The guest agent's logic: when to dial, what to tell the host, what to do with a block.
///
/// It does no IO but through its RandomDevice and has no clock: bytes, errors and times come in,
/// frames to write collect in its wire buffer, and files to write are flags. `now` is
/// CLOCK_MONOTONIC, `bootTime` CLOCK_BOOTTIME. Here is the life of its connections; `+Pool` has what
/// goes into the pool, and what the host is told of it; `+Giving` what comes out of it.
//
// `@inline(never)` here and in the files beside it is for size: inlined into the loop these methods
// cost the static build 3 KiB of its 48, and `TextBuffer.append` as much as one more.
public struct GuestAgent<Device: RandomDevice & ~Copyable>: ~Copyable {
    /// Where the agent is.
    enum Phase: Equatable, Sendable {
        /// No connection; dial at this moment.
        case resting(until: Moment)
        /// connect(2) is under way.
        case dialling(since: Moment)
        /// The transport stands.
        case linked(since: Moment)
        /// The last words are on their way, until this moment at most; then the socket is closed.
        case leaving(LinkEnding, since: Moment, until: Moment)
        /// Over.
        case stopped(ExitCode)
    }

    /// What whoever owns the socket has to do next.
    public enum Step: Equatable, Sendable {
        /// Nothing, until the next deadline.
        case rest
        /// Dial, and say how it went.
        case dial
        /// Wait until connect(2) is over.
        case awaitConnection
        /// Write what waits, read when nothing waits.
        case exchange
        /// Close the socket and call `hungUp`.
        case hangUp
        /// End the program.
        case exit(ExitCode)
    }

    /// Why the agent is about to end, if it is.
    enum Farewell: Equatable, Sendable {
        /// It goes on.
        case none
        /// `--once` is satisfied, provided the receipt goes out.
        case satisfied
        /// A signal came.
        case told
    }

    // Small things first: what is near the start of the value is reached by shorter instructions.
    private let started: Moment
    private var phase: Phase
    var farewell = Farewell.none
    private var hasTriedToDial = false
    private var isUnreachable = false
    var wasConnected = false
    var isFedHere = false
    var mayBeClone = false
    var isRecordStale = true
    let settings: GuestSettings
    var freshness: Freshness
    var pool: KernelPool<Device>
    private var backOff = BackOff()
    private var wireWaitsSince: Moment?
    private var dialledAtOnce: Moment?
    var reported: Reported?
    var generationDue: Moment?
    var news: GuestNews?
    var tally = InjectionTally()
    var giving = Giving()
    var wire = WireBuffer(capacity: GuestConstants.wireByteCount)
    var connection: Connection
    var kernel = PrintableText()
    var hardwareGenerator = PrintableText()

    /// An agent for the pool behind `device`; it dials at once.
    public init(settings: GuestSettings, device: consuming Device, now: Moment) {
        self.settings = settings
        started = now
        pool = KernelPool(device: device)
        freshness = Freshness(horizon: settings.horizon)
        phase = .resting(until: now)
        connection = Self.idleConnection()
    }

    // MARK: What to do

    /// What is to be done at `now`.
    @inline(never)
    public func step(now: Moment) -> Step {
        switch phase {
        case .resting(let until): now >= until ? .dial : .rest
        case .dialling: .awaitConnection
        case .linked: .exchange
        case .leaving: wire.isEmpty ? .hangUp : .exchange
        case .stopped(let code): .exit(code)
        }
    }

    /// Whether bytes wait to be written; nothing is read until they are.
    public var hasSomethingToWrite: Bool { !wire.isEmpty }

    /// When `tick` has something to do; nil for never.
    public mutating func nextDeadline(now: Moment, bootTime: Moment) -> Moment? {
        var deadline = Earliest()
        switch phase {
        case .resting(let until): deadline.add(until)
        case .dialling(let since): deadline.add(since + GuestConstants.dialDeadline)
        case .leaving(_, _, let until): deadline.add(until)
        case .linked:
            deadline.add(connection.nextDeadline)
            deadline.add(wire.isEmpty ? nextNotice(now: now, bootTime: bootTime) : stalled)
        case .stopped: break
        }
        deadline.add(generationDue.map { now + ($0 - bootTime) })
        deadline.add(settings.onceWithin.map { started + $0 })
        return deadline.moment
    }

    /// Whether a block of this connection has gone in.
    public var isFed: Bool { isFedHere }

    /// Takes the change of state since the last call, if there was one.
    public mutating func takeNews() -> GuestNews? {
        defer { news = nil }
        return news
    }

    /// Whether the generation file must be written now; asking takes the duty over, and
    /// `generationFailed` gives it back.
    public mutating func takeGenerationDuty(bootTime: Moment) -> Bool {
        guard let due = generationDue, bootTime >= due else { return false }
        generationDue = nil
        return true
    }

    /// The generation file could not be written: user space was not told yet.
    public mutating func generationFailed(bootTime: Moment) {
        generationDue = bootTime + GuestConstants.generationRetryInterval
    }

    /// Whether the status file must be written anew; asking takes the duty over.
    public mutating func takeRecordDuty() -> Bool {
        defer { isRecordStale = false }
        return isRecordStale
    }

    /// What the status file says now.
    public func record() -> StatusRecord {
        StatusRecord(
            state: recordedState, processID: ThisProcess.processID, transport: settings.transport,
            mode: settings.mode,
            horizon: settings.horizon, fedAt: freshness.restored, isProven: freshness.isProven,
            tally: tally, givenBytes: settings.gives ? giving.byteCount : nil)
    }

    // MARK: Dialling

    /// What the status message says of the machine; call before dialling.
    public mutating func describe(kernel: PrintableText, hardwareGenerator: PrintableText) {
        self.kernel = kernel
        self.hardwareGenerator = hardwareGenerator
    }

    /// connect(2) is under way.
    public mutating func dialBegan(now: Moment) {
        phase = .dialling(since: now)
    }

    /// The dial failed: that is evidence of nothing, except of a missing transport at the start.
    public mutating func dialFailed(_ error: DialError, now: Moment, randomness: UInt64) {
        let isFirst = !hasTriedToDial
        hasTriedToDial = true
        if isFirst, case .noTransport = error {
            stop(with: settings.onlyIfAvailable ? .success : .unavailable)
            news = settings.onlyIfAvailable ? nil : .unreachable(error)
            return
        }
        if !isUnreachable {
            isUnreachable = true
            news = .unreachable(error)
        }
        phase = .resting(until: now + backOff.next(randomness: randomness))
    }

    /// The transport stands: introduces itself.
    public mutating func connected(now: Moment) {
        freshness.connectionBegan()
        connection = Connection(
            hello: hello(), keepalive: .guest, largestBlock: Wire.largestPoolBlock)
        wire.wipe()
        wireWaitsSince = nil
        isFedHere = false
        reported = nil
        connection.start(now: now, into: &wire)
        phase = .linked(since: now)
        hasTriedToDial = true
        isUnreachable = false
    }

    // MARK: Exchanging

    /// Takes in bytes of the host.
    public mutating func received(_ bytes: RawSpan, now: Moment, bootTime: Moment) {
        var offset = 0
        while case .linked = phase {
            switch connection.receive(bytes, offset: &offset, now: now, into: &wire) {
            case .needsMore: return
            case .opened(let host): opened(host, now: now, bootTime: bootTime)
            case .transfer(let sequence, let entropy):
                inject(entropy, sequence: sequence, now: now, bootTime: bootTime)
            // Nothing comes of a level unless we give; without, there is no receipt either.
            case .level(let level): giving.received(level)
            case .receipt(let receipt, _): settle(receipt, now: now)
            case .status: break
            case .closed(let reason, let byPeer):
                leave(byPeer ? .closedByHost(reason) : .closedHere(reason), now: now)
            }
        }
    }

    /// Lends what waits to `write`, which returns how much of it was written.
    public mutating func drain(
        now: Moment, _ write: (UnsafeRawBufferPointer) throws(Errno) -> Int
    ) throws(Errno) {
        if !wire.isEmpty {
            try wire.drain { bytes throws(Errno) in
                do throws(Errno) {
                    return try write(bytes)
                } catch {
                    guard error == .wouldBlock else { throw error }
                    return 0
                }
            }
        }
        guard wire.isEmpty else {
            wireWaitsSince = wireWaitsSince ?? now
            return
        }
        wireWaitsSince = nil
    }

    /// The connection ended. Everything buffered is discarded.
    @inline(never)
    public mutating func ended(_ ending: LinkEnding, now: Moment, randomness: UInt64) {
        guard let since = linkedSince else { return }
        news = .lost(ending)
        if isFedHere && !ending.isOurs || now >= since + GuestConstants.provenLife {
            backOff.reset()
        }
        forgetLink()
        // A block that could not be acknowledged does not satisfy `--once`.
        guard farewell != .told else {
            stop(with: settings.onceWithin == nil ? .success : .tryLater)
            return
        }
        farewell = .none
        rest(after: ending, now: now, randomness: randomness)
    }

    /// The socket was closed as `step` asked.
    @inline(never)
    public mutating func hungUp(now: Moment, randomness: UInt64) {
        guard case .leaving(let ending, _, _) = phase else { return }
        if farewell == .satisfied {
            stop(with: .success)
        } else {
            ended(ending, now: now, randomness: randomness)
        }
    }

    // MARK: Time and signals

    /// Acts on the time: call at `nextDeadline` or later, and whenever awake.
    @inline(never)
    public mutating func tick(now: Moment, bootTime: Moment, randomness: UInt64) {
        if let wait = settings.onceWithin, now >= started + wait, farewell == .none {
            giveUp(now: now)
        }
        switch phase {
        case .resting, .stopped: break
        case .dialling(let since):
            if now >= since + GuestConstants.dialDeadline {
                dialFailed(.failed(.timedOut), now: now, randomness: randomness)
            }
        case .leaving(let ending, _, let until):
            if now >= until {
                ended(ending, now: now, randomness: randomness)
            }
        case .linked: tickLink(now: now, bootTime: bootTime)
        }
    }

    /// Says goodbye and ends the program.
    public mutating func stop(now: Moment) {
        switch phase {
        case .linked:
            farewell = .told
            sayGoodbye(now: now)
        case .leaving:
            farewell = farewell == .satisfied ? .satisfied : .told
        case .resting, .dialling:
            stop(with: settings.onceWithin == nil ? .success : .tryLater)
        case .stopped: break
        }
    }

    // MARK: Inside

    @inline(never)
    private static func idleConnection() -> Connection {
        Connection(
            hello: Hello(
                kind: .pool, capacity: 0, sends: false, accepts: .refuse, isReady: false,
                occasion: .start, agentVersion: PrintableText()),
            keepalive: .guest, largestBlock: 0)
    }

    private mutating func hello() -> Hello {
        Hello(
            kind: .pool, capacity: UInt32(clamping: pool.capacity), sends: settings.gives,
            accepts: settings.mode == .mix ? .mix : .credit, isReady: pool.isReady(),
            occasion: mayBeClone ? .transportReset : wasConnected ? .peerEnded : .start,
            agentVersion: PrintableText(GuestConstants.version))
    }

    @inline(never)
    private mutating func stop(with code: ExitCode) {
        phase = .stopped(code)
        isRecordStale = true
    }

    private var linkedSince: Moment? {
        switch phase {
        case .linked(let since): since
        case .leaving(_, let since, _): since
        case .resting, .dialling, .stopped: nil
        }
    }

    private var recordedState: StatusRecord.State {
        switch phase {
        case .linked: connection.isOpen ? .connected : .dialling
        case .dialling, .resting, .leaving: .dialling
        case .stopped: .stopped
        }
    }

    private mutating func tickLink(now: Moment, bootTime: Moment) {
        if let stalled, now >= stalled {
            wire.wipe()
            connection.abandon(.writeStalled)
            leave(.closedHere(.writeStalled), now: now)
            return
        }
        if let reason = connection.tick(now: now, into: &wire) {
            leave(.closedHere(reason), now: now)
            return
        }
        announce(.fall, bootTime: bootTime)
        report(now: now)
        give(now: now, bootTime: bootTime)
    }

    // When the host has not read what we wrote for too long.
    private var stalled: Moment? { wireWaitsSince.map { $0 + Wire.frameDeadline } }

    @inline(never)
    private mutating func leave(_ ending: LinkEnding, now: Moment) {
        guard case .linked(let since) = phase else { return }
        phase = .leaving(ending, since: since, until: now + GuestConstants.farewellDeadline)
    }

    private mutating func forgetLink() {
        connection = Self.idleConnection()
        wire.wipe()
        wireWaitsSince = nil
        freshness.connectionBegan()
        giving.ended()
        reported = nil
        isFedHere = false
        isRecordStale = true
    }

    private mutating func rest(after ending: LinkEnding, now: Moment, randomness: UInt64) {
        if ending == .transportReset {
            mayBeClone = true
            if dialledAtOnce.map({ now >= $0 + GuestConstants.immediateDialInterval }) ?? true {
                dialledAtOnce = now
                phase = .resting(until: now)
                return
            }
        }
        if ending.makesDiallingPointless {
            backOff.exhaust()
        }
        phase = .resting(until: now + backOff.next(randomness: randomness))
    }

    @inline(never)
    mutating func sayGoodbye(now: Moment) {
        connection.close(.shutdown, into: &wire)
        leave(.closedHere(.shutdown), now: now)
    }

    private mutating func giveUp(now: Moment) {
        sayGoodbye(now: now)
        news = .gaveUp
        stop(with: .tryLater)
    }
}
