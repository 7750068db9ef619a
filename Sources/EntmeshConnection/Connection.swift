// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

public import EntmeshNode

/// One Connection between two Nodes: initialised, utilised, terminated.
///
/// Bytes and time go in, events come out, frames to be written are encoded into a `WireBuffer`.
/// It does no IO, has no clock, and does not know which end dialled. Everything that affects the
/// state of a connection lives in this file.
public struct Connection: ~Copyable {
    /// Where the connection is in its life.
    enum Phase: Sendable {
        /// Not begun.
        case idle
        /// Our hello is out, theirs is awaited.
        case greeting(since: Moment)
        /// Both hellos were exchanged.
        case open(Session)
        /// Over.
        case closed(CloseReason)
    }

    /// What an open connection remembers.
    struct Session: Sendable {
        let peer: Hello
        let version: UInt8
        var announced: FillLevel?
        var heard: FillLevel?
        var inFlight = BlocksInFlight()
        var lastSequenceIn: UInt32 = 0
        var owesReceipt = false
        var statusSent: Moment?
    }

    private let hello: Hello
    private let keepalive: Keepalive
    private var decoder: FrameDecoder
    private var phase = Phase.idle
    private var lastHeard = Moment(nanoseconds: 0)
    private var lastHeartbeat = Moment(nanoseconds: 0)
    private var frameBegan: Moment?

    /// Frames of unknown skippable types that went by.
    public private(set) var skippedFrames = 0

    /// A connection that will introduce itself as `hello`.
    ///
    /// - Parameter largestBlock: the largest entropy block accepted, in bytes; it counts only if
    ///   `hello` accepts anything.
    public init(hello: Hello, keepalive: Keepalive, largestBlock: Int) {
        self.hello = hello
        self.keepalive = keepalive
        decoder = FrameDecoder(largestBlock: hello.accepts == .refuse ? 0 : largestBlock)
    }

    // MARK: What is known

    /// The peer's hello, once the handshake is over and until the end.
    public var peer: Hello? { session?.peer }
    /// Whether messages can be exchanged.
    public var isOpen: Bool {
        if case .open = phase { true } else { false }
    }
    /// Why it ended, once it has.
    public var closeReason: CloseReason? {
        if case .closed(let reason) = phase { reason } else { nil }
    }
    /// The level last announced to the peer on this connection.
    public var announcedLevel: FillLevel? { session?.announced }
    /// Blocks sent and not acknowledged, and their bytes.
    public var blocksInFlight: Int { session?.inFlight.count ?? 0 }
    public var bytesInFlight: Int { session?.inFlight.byteCount ?? 0 }

    private var session: Session? {
        if case .open(let session) = phase { session } else { nil }
    }

    // MARK: Saying something

    /// Begins: writes our hello and starts the clock of the handshake.
    public mutating func start(now: Moment, into wire: inout WireBuffer) {
        guard case .idle = phase else { return }
        phase = .greeting(since: now)
        lastHeard = now
        lastHeartbeat = now
        _ = wire.encode(.hello(hello), version: Wire.lowestVersion)
    }

    /// Announces `level`, unless it is what the peer was told last, or we accept nothing.
    ///
    /// - Returns: whether a Fill Level Notification was written.
    @discardableResult
    public mutating func announce(_ level: FillLevel, into wire: inout WireBuffer) -> Bool {
        guard case .open(var session) = phase, hello.accepts != .refuse,
            session.announced != level,
            wire.encode(.level(level), version: session.version)
        else { return false }
        session.announced = level
        phase = .open(session)
        return true
    }

    /// Whether a block may be sent now: the peer accepts, and not too many are in flight.
    public var maySend: Bool {
        guard let session, hello.sends, session.peer.accepts != .refuse else { return false }
        let most = session.peer.kind == .pool ? 1 : Wire.mostBlocksInFlight
        return session.inFlight.count < most
    }

    /// Sends `entropy` as one block. Spent either way: what cannot be sent is wiped.
    ///
    /// - Returns: the block's sequence number, or nil if it was not sent.
    public mutating func send(
        _ entropy: consuming Entropy, now: Moment, into wire: inout WireBuffer
    ) -> UInt32? {
        let size = entropy.byteCount
        guard maySend, size > 0, size <= Wire.largestBufferBlock, case .open(var session) = phase
        else { return nil }
        let version = session.version
        let sequence = session.inFlight.push(size, now: now)
        guard wire.encode(.transfer(sequence: sequence, entropy), version: version) else {
            return nil
        }
        phase = .open(session)
        return sequence
    }

    /// Acknowledges the block that the last `.transfer` event handed over.
    public mutating func acknowledge(_ receipt: Receipt, into wire: inout WireBuffer) {
        guard case .open(var session) = phase, session.owesReceipt,
            receipt.sequence == session.lastSequenceIn,
            wire.encode(.receipt(receipt), version: session.version)
        else { return }
        session.owesReceipt = false
        phase = .open(session)
    }

    /// When the next status message may be written; nil while the connection is not open.
    public var statusDue: Moment? {
        guard let session else { return nil }
        return session.statusSent.map { $0 + Wire.statusInterval } ?? Moment(nanoseconds: .min)
    }

    /// Sends `status` if the last one is at least a minute old; returns whether it was written.
    @discardableResult
    public mutating func report(
        _ status: PoolStatus, now: Moment, into wire: inout WireBuffer
    ) -> Bool {
        guard case .open(var session) = phase, let statusDue, statusDue <= now,
            wire.encode(.status(status), version: session.version)
        else { return false }
        session.statusSent = now
        phase = .open(session)
        return true
    }

    /// Ends the connection with a last message; does nothing if it is over already.
    public mutating func close(_ reason: CloseReason, into wire: inout WireBuffer) {
        switch phase {
        case .greeting, .open:
            _ = wire.encode(.close(reason), version: Wire.lowestVersion)
            phase = .closed(reason)
        case .idle:
            phase = .closed(reason)
        case .closed:
            break
        }
    }

    /// Ends the connection without a word: the transport under it is gone.
    public mutating func abandon(_ reason: CloseReason) {
        if case .closed = phase { return }
        phase = .closed(reason)
    }

    // MARK: Hearing something

    /// Feeds `bytes` from `offset` on and moves `offset`; call again until `.needsMore` or `.closed`.
    public mutating func receive(
        _ bytes: RawSpan, offset: inout Int, now: Moment, into wire: inout WireBuffer
    ) -> ConnectionEvent {
        while true {
            if let closeReason { return .closed(closeReason, byPeer: false) }
            switch decoder.take(bytes, offset: &offset) {
            case .incomplete:
                noteFrameBegan(now)
                return .needsMore
            case .skipped:
                skippedFrames += 1
                heard(now)
            case .malformed:
                return violated(.malformedFrame, into: &wire)
            case .frame(let type, let version):
                // The version first: Embedded Swift 6.3.1 cannot drop a decoded message here.
                let message = versionFits(version, type: type) ? decoder.message() : nil
                decoder.finishFrame()
                heard(now)
                guard let message else {
                    return violated(.malformedFrame, into: &wire)
                }
                switch handle(message, now: now, into: &wire) {
                case .needsMore: continue
                case let event: return event
                }
            }
        }
    }

    /// Acts on the time: heartbeats, and what took too long. Call at `nextDeadline` or later.
    ///
    /// - Returns: the reason if the connection ended by it.
    public mutating func tick(now: Moment, into wire: inout WireBuffer) -> CloseReason? {
        guard let reason = expired(now) else {
            sendHeartbeatIfDue(now, &wire)
            return nil
        }
        close(reason, into: &wire)
        return reason
    }

    /// When `tick` has something to do next; nil when the connection is over or not begun.
    public var nextDeadline: Moment? {
        var deadline: Moment
        switch phase {
        case .idle, .closed: return nil
        case .greeting(let since): return since + Wire.handshakeDeadline
        case .open(let session):
            deadline = lastHeard + keepalive.deadAfter
            if session.inFlight.count > 0 {
                deadline = min(deadline, session.inFlight.waitingSince + Wire.receiptDeadline)
            }
        }
        if let frameBegan {
            deadline = min(deadline, frameBegan + Wire.frameDeadline)
        }
        if let heartbeatDue {
            deadline = min(deadline, heartbeatDue)
        }
        return deadline
    }

    // MARK: Inside

    private mutating func heard(_ now: Moment) {
        lastHeard = now
        frameBegan = nil
    }

    private mutating func noteFrameBegan(_ now: Moment) {
        if !decoder.isMidFrame {
            frameBegan = nil
        } else if frameBegan == nil {
            frameBegan = now
        }
    }

    // Hello and close are always in version 1's frame: who says them may not know yet what the
    // other end has agreed on. The rest is in the version agreed on.
    private func versionFits(_ version: UInt8, type: UInt8) -> Bool {
        guard let session, type != MessageType.hello, type != MessageType.close else {
            return version == Wire.lowestVersion
        }
        return version == session.version
    }

    private mutating func violated(
        _ reason: CloseReason, into wire: inout WireBuffer
    ) -> ConnectionEvent {
        // A stranger that never said hello gets no answer; a peer is told why.
        if isOpen {
            close(reason, into: &wire)
        } else {
            abandon(reason)
        }
        return .closed(reason, byPeer: false)
    }

    private mutating func handle(
        _ message: consuming Message, now: Moment, into wire: inout WireBuffer
    ) -> ConnectionEvent {
        switch consume message {
        case .hello(let hello): return handle(hello, into: &wire)
        case .level(let level): return handle(level, into: &wire)
        case .transfer(let sequence, let entropy):
            return handle(sequence, entropy, into: &wire)
        case .receipt(let receipt): return handle(receipt, now: now, into: &wire)
        case .status(let status):
            guard isOpen else { return violated(.unexpectedMessage, into: &wire) }
            return .status(status)
        case .heartbeat:
            guard let session else { return violated(.unexpectedMessage, into: &wire) }
            guard wire.encode(.heartbeatAnswer, version: session.version) else {
                return violated(.tooManyMessages, into: &wire)
            }
            return .needsMore
        case .heartbeatAnswer:
            return isOpen ? .needsMore : violated(.unexpectedMessage, into: &wire)
        case .close(let reason):
            abandon(reason)
            return .closed(reason, byPeer: true)
        }
    }

    private mutating func handle(
        _ theirs: Hello, into wire: inout WireBuffer
    ) -> ConnectionEvent {
        guard case .greeting = phase else { return violated(.unexpectedMessage, into: &wire) }
        guard let version = hello.commonVersion(with: theirs) else {
            close(.versionMismatch, into: &wire)
            return .closed(.versionMismatch, byPeer: false)
        }
        phase = .open(Session(peer: theirs, version: version))
        return .opened(theirs)
    }

    private mutating func handle(
        _ level: FillLevel, into wire: inout WireBuffer
    ) -> ConnectionEvent {
        guard case .open(var session) = phase, session.peer.accepts != .refuse else {
            return violated(.unexpectedMessage, into: &wire)
        }
        guard session.heard != level else { return violated(.repeatedLevel, into: &wire) }
        session.heard = level
        phase = .open(session)
        return .level(level)
    }

    private mutating func handle(
        _ sequence: UInt32, _ entropy: consuming Entropy, into wire: inout WireBuffer
    ) -> ConnectionEvent {
        guard case .open(var session) = phase, session.peer.sends, hello.accepts != .refuse,
            !session.owesReceipt
        else { return violated(.unexpectedMessage, into: &wire) }
        guard sequence == session.lastSequenceIn &+ 1 else {
            return violated(.sequenceBroken, into: &wire)
        }
        session.lastSequenceIn = sequence
        session.owesReceipt = true
        phase = .open(session)
        return .transfer(sequence: sequence, entropy)
    }

    private mutating func handle(
        _ receipt: Receipt, now: Moment, into wire: inout WireBuffer
    ) -> ConnectionEvent {
        guard case .open(var session) = phase,
            let size = session.inFlight.pop(receipt.sequence, now: now)
        else { return violated(.unexpectedMessage, into: &wire) }
        phase = .open(session)
        return .receipt(receipt, byteCount: size)
    }

    private func expired(_ now: Moment) -> CloseReason? {
        switch phase {
        case .idle, .closed: return nil
        case .greeting(let since):
            return now >= since + Wire.handshakeDeadline ? .handshakeTimeout : nil
        case .open(let session):
            if let frameBegan, now >= frameBegan + Wire.frameDeadline { return .frameTimeout }
            if session.inFlight.count > 0,
                now >= session.inFlight.waitingSince + Wire.receiptDeadline
            {
                return .receiptTimeout
            }
            return now >= lastHeard + keepalive.deadAfter ? .silent : nil
        }
    }

    private var heartbeatDue: Moment? {
        guard isOpen, let interval = keepalive.heartbeatAfter else { return nil }
        return max(lastHeard, lastHeartbeat) + interval
    }

    private mutating func sendHeartbeatIfDue(_ now: Moment, _ wire: inout WireBuffer) {
        guard let session, let heartbeatDue, now >= heartbeatDue else { return }
        if wire.encode(.heartbeat, version: session.version) {
            lastHeartbeat = now
        }
    }
}
