// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import EntmeshNode
import Foundation
import NIOCore
import NIOPosix

/// What a fake guest sees.
enum GuestEvent: Sendable, Equatable {
    case opened
    case level(Int)
    case block(sequence: UInt32, [UInt8])
    /// The host said why it ends.
    case closed(CloseReason)
    /// The socket is gone.
    case ended
}

/// How a fake guest behaves.
struct Manners: Sendable {
    var kind = NodeKind.pool
    var capacity: UInt32 = 32
    var accepts = InboundTrust.credit
    var isReady = true
    var occasion = Hello.Occasion.start
    /// What it announces after the handshake; nil for nothing.
    var firstLevel: Int? = 0
    /// What it announces after a block; nil for nothing.
    var levelAfterBlock: Int? = 100
    /// What it answers to a block; nil for nothing at all.
    var outcome: Receipt.Outcome? = .reseeded
    var errorNumber: UInt16 = 0

    static let polite = Manners()
    static let silent = Manners(outcome: nil)
    /// Says nothing by itself, not even hello.
    static let raw: Manners? = nil

    var hello: Hello {
        Hello(
            kind: kind, capacity: capacity, sends: false, accepts: accepts, isReady: isReady,
            occasion: occasion, agentVersion: PrintableText("fake-guest 1"))
    }
}

/// The guest's end of a connection, over a UNIX socket, with `Connection` as the real agent has it.
final class FakeGuest {
    static let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    let channel: any Channel
    private let handler: NIOLoopBound<GuestHandler>
    private var events: AsyncStream<GuestEvent>.Iterator
    /// The numbers of all pieces of entropy that came.
    private(set) var numbers: [UInt64] = []

    /// Dials `path`; `name` is the path its own end is bound to.
    init(_ path: String, as name: String? = nil, _ manners: Manners? = .polite) async throws {
        let (stream, continuation) = AsyncStream.makeStream(of: GuestEvent.self)
        events = stream.makeAsyncIterator()
        let loop = Self.group.next()
        handler = try await loop.submit {
            NIOLoopBound(GuestHandler(manners, continuation), eventLoop: loop)
        }.get()
        var bootstrap = ClientBootstrap(group: loop).channelInitializer { [handler] channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(handler.value)
            }
        }
        if let name {
            unlink(name)
            bootstrap = bootstrap.bind(to: try SocketAddress(unixDomainSocketPath: name))
        }
        channel = try await bootstrap.connect(unixDomainSocketPath: path).get()
        if let name { unlink(name) }
    }

    /// Awaits the next event for which `isWanted` holds; nil if the connection is gone before.
    func next(_ isWanted: (GuestEvent) -> Bool) async -> GuestEvent? {
        while let event = await events.next() {
            if case .block(_, let bytes) = event { numbers += TestFeed.numbers(in: bytes) }
            if isWanted(event) { return event }
        }
        return nil
    }

    /// Awaits the next block and returns it.
    func block() async -> [UInt8]? {
        let event = await next { if case .block = $0 { true } else { false } }
        guard case .block(_, let bytes) = event else { return nil }
        return bytes
    }

    /// Awaits the end; returns the reason the host gave, if any.
    func ending() async -> CloseReason? {
        var reason: CloseReason?
        _ = await next { event in
            if case .closed(let why) = event { reason = why }
            return event == .ended
        }
        return reason
    }

    /// Changes what it will do from now on.
    func behave(_ manners: Manners) async throws {
        try await channel.eventLoop.submit { [handler] in handler.value.manners = manners }.get()
    }

    /// Announces `level`, whatever was announced before.
    func announce(_ level: Int) async throws { try await send([.level(level)]) }

    /// Announces 0, as an agent does whose pool has gone stale; nothing if it said so last.
    func goStale() async throws {
        try await channel.eventLoop.submit { [handler, channel] in
            channel.writeAndFlush(handler.value.announced(0), promise: nil)
        }.get()
    }

    /// Acknowledges the block `sequence`.
    func acknowledge(_ sequence: UInt32, _ outcome: Receipt.Outcome) async throws {
        let receipt = Receipt(sequence: sequence, outcome: outcome)
        try await channel.eventLoop.submit { [handler, channel] in
            let bytes = handler.value.encoded(receipt)
            channel.writeAndFlush(bytes, promise: nil)
        }.get()
    }

    func send(_ frames: [RawFrame]) async throws {
        try await write(frames.flatMap(\.bytes))
    }

    /// Writes these very bytes.
    func write(_ bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
    }

    func stopReading() async throws {
        try await channel.setOption(.autoRead, value: false).get()
    }

    func hangUp() async throws { try await channel.close().get() }
}

/// A frame spelt out, so that a test can also send what our own encoder would not.
enum RawFrame {
    case hello(Hello)
    case level(Int)
    case receipt(UInt32, Receipt.Outcome)
    case heartbeat
    case frame(type: UInt8, payload: [UInt8])

    var bytes: [UInt8] {
        switch self {
        case .hello(let hello): Self.encoded(hello)
        case .level(let level): Self.frame(2, [UInt8(level)])
        case .receipt(let sequence, let outcome):
            Self.frame(4, Self.bigEndian(sequence) + [outcome.rawValue, 0, 0])
        case .heartbeat: Self.frame(6, [0])
        case .frame(let type, let payload): Self.frame(type, payload)
        }
    }

    private static func frame(_ type: UInt8, _ payload: [UInt8]) -> [UInt8] {
        [0x45, 0x4D, 1, type, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF), 0, 0]
            + payload
    }

    private static func encoded(_ hello: Hello) -> [UInt8] {
        let text = Array("\(hello.agentVersion)".utf8)
        return frame(
            1,
            [
                hello.lowestVersion, hello.highestVersion, hello.kind.rawValue,
                hello.sends ? 1 : 0, hello.accepts.rawValue,
                (hello.isReady ? 1 : 0) | hello.occasion.rawValue << 1,
            ] + bigEndian(hello.capacity) + [UInt8(text.count)] + text)
    }

    private static func bigEndian(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }
}

/// Runs the protocol on the guest's event loop.
private final class GuestHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    var manners: Manners
    private let speaks: Bool
    private let events: AsyncStream<GuestEvent>.Continuation
    private var connection: Connection
    private var wire = WireBuffer()

    init(_ manners: Manners?, _ events: AsyncStream<GuestEvent>.Continuation) {
        speaks = manners != nil
        self.manners = manners ?? .polite
        self.events = events
        connection = Connection(
            hello: self.manners.hello, keepalive: .guest, largestBlock: Wire.largestBufferBlock)
    }

    private var now: Moment { Moment(nanoseconds: Int64(DispatchTime.now().uptimeNanoseconds)) }

    func channelActive(context: ChannelHandlerContext) {
        connection.start(now: now, into: &wire)
        if speaks { flush(context) } else { wire.wipe() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        buffer.withUnsafeReadableBytes { bytes in
            var offset = 0
            var goesOn = true
            while goesOn {
                let event = connection.receive(bytes.bytes, offset: &offset, now: now, into: &wire)
                goesOn = handle(event)
            }
        }
        if speaks { flush(context) } else { wire.wipe() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        events.yield(.ended)
        events.finish()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func handle(_ event: consuming ConnectionEvent) -> Bool {
        switch consume event {
        case .needsMore: return false
        case .opened:
            events.yield(.opened)
            announce(manners.firstLevel)
        case .level(let level): events.yield(.level(Int(level.percent)))
        case .transfer(let sequence, let entropy):
            let bytes = entropy.withBytes { Array($0) }
            answer(sequence)
            events.yield(.block(sequence: sequence, bytes))
        case .receipt: break
        case .status: break
        case .closed(let reason, _):
            events.yield(.closed(reason))
            return false
        }
        return true
    }

    private func announce(_ level: Int?) {
        guard let level, let level = FillLevel(percent: UInt8(level)) else { return }
        connection.announce(level, into: &wire)
    }

    private func answer(_ sequence: UInt32) {
        guard let outcome = manners.outcome else { return }
        if outcome.isDelivery { announce(manners.levelAfterBlock) }
        connection.acknowledge(
            Receipt(sequence: sequence, outcome: outcome, errorNumber: manners.errorNumber),
            into: &wire)
    }

    /// The bytes of `receipt`, which is booked as sent.
    func encoded(_ receipt: Receipt) -> ByteBuffer {
        connection.acknowledge(receipt, into: &wire)
        return drained()
    }

    /// The bytes that announce `level`; none if it was announced last.
    func announced(_ level: Int) -> ByteBuffer {
        announce(level)
        return drained()
    }

    private func flush(_ context: ChannelHandlerContext) {
        guard !wire.isEmpty else { return }
        context.writeAndFlush(wrapOutboundOut(drained()), promise: nil)
    }

    private func drained() -> ByteBuffer {
        var buffer = ByteBuffer()
        wire.drain { bytes in
            buffer.writeBytes(bytes)
            return bytes.count
        }
        return buffer
    }
}
