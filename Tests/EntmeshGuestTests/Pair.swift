// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import EntmeshCoreTestSupport
import EntmeshLinux
import EntmeshNode
import Testing

@testable import EntmeshGuest

/// An agent and its host in memory, with one clock for both; nothing sleeps.
final class Pair {
    /// What the host heard.
    enum Heard: Equatable {
        case opened(Hello)
        case level(UInt8)
        case receipt(UInt32, Receipt.Outcome, UInt16)
        case block(UInt32)
        case status(PoolStatus)
        case closed(CloseReason)
    }

    let kernel: FakeKernel
    private var agent: GuestAgent<FakeRandomDevice>
    private var host: Connection
    private var hostWire = WireBuffer()

    /// CLOCK_MONOTONIC and CLOCK_BOOTTIME, the latter an hour ahead: nobody may mix them up.
    var now = Moment(nanoseconds: 1_000_000_000)
    var bootTime: Moment { now + asleep }
    private var asleep = TimeSpan.seconds(3600)
    /// What the host heard, and what each write of the agent contained.
    var heard: [Heard] = []
    var writes: [[Heard]] = []
    var news: [GuestNews] = []
    /// How often the generation file was written, and how often that failed.
    var generations = 0
    var failedGenerations = 0
    /// Whether the generation file cannot be written.
    var generationFails = false
    /// How often the agent woke.
    var wakes = 0
    /// Whether the host reads.
    var hostReads = true
    /// Whether what the host says arrives.
    var hostAnswers = true
    /// What the host's receipts for blocks say; without, it sends none.
    var hostOutcome: Receipt.Outcome? = .accepted
    /// The blocks that the host got.
    var taken: [[UInt8]] = []
    private let hostAccepts: InboundTrust

    init(
        _ kernel: FakeKernel = .modern(), settings: GuestSettings = GuestSettings(),
        hostAccepts: InboundTrust = .refuse
    ) {
        self.kernel = kernel
        self.hostAccepts = hostAccepts
        agent = GuestAgent(
            settings: settings, device: FakeRandomDevice(kernel: kernel),
            now: Moment(nanoseconds: 1_000_000_000))
        host = Pair.newHost(accepts: hostAccepts)
    }

    private static func newHost(accepts: InboundTrust) -> Connection {
        Connection(
            hello: Hello(
                kind: .buffer, capacity: 1 << 20, sends: true, accepts: accepts, isReady: true,
                occasion: .start, agentVersion: PrintableText("test host")),
            keepalive: .host, largestBlock: Wire.largestBufferBlock)
    }

    // MARK: The agent, for `#expect`

    var step: GuestAgent<FakeRandomDevice>.Step { agent.step(now: now) }
    var deadline: Moment? { agent.nextDeadline(now: now, bootTime: bootTime) }
    var record: StatusRecord { agent.record() }
    var levels: [UInt8] {
        heard.compactMap { if case .level(let percent) = $0 { percent } else { nil } }
    }
    var lastReceipt: Receipt.Outcome? {
        heard.compactMap { if case .receipt(_, let outcome, _) = $0 { outcome } else { nil } }
            .last
    }
    var hello: Hello? {
        heard.compactMap { if case .opened(let hello) = $0 { hello } else { nil } }.last
    }

    func end(_ ending: LinkEnding) {
        agent.ended(ending, now: now, randomness: 0)
        takeNews()
    }

    func dialFailed(_ error: DialError, randomness: UInt64 = 0) {
        agent.dialFailed(error, now: now, randomness: randomness)
        takeNews()
    }

    func stop() {
        agent.stop(now: now)
        flush()
    }

    func hangUp() {
        agent.hungUp(now: now, randomness: 0)
        takeNews()
    }

    func tick() {
        agent.tick(now: now, bootTime: bootTime, randomness: 0)
        takeNews()
        flush()
    }

    // MARK: The line

    /// Dials, and exchanges both hellos.
    func connect() {
        agent.dialBegan(now: now)
        agent.connected(now: now)
        host = Self.newHost(accepts: hostAccepts)
        host.start(now: now, into: &hostWire)
        flush()
        deliverFromHost()
    }

    /// The transport stands, but the host says nothing yet.
    func connectSilently() {
        agent.dialBegan(now: now)
        agent.connected(now: now)
    }

    /// Sends a block and carries everything both ways.
    func feed(_ byteCount: Int = 32, bits: Int? = nil) {
        feed(
            Entropy(
                byteCount: byteCount,
                minEntropy: bits.map { MinEntropy(bits: $0) } ?? .full(byteCount: byteCount)
            ) { $0[0] = 1 })
    }

    /// Sends `entropy` as a block and carries everything both ways.
    func feed(_ entropy: consuming Entropy) {
        _ = host.send(entropy, now: now, into: &hostWire)
        deliverFromHost()
    }

    /// The host announces its level, and the agent does at once what it has to do.
    func announce(_ percent: UInt8) {
        guard let level = FillLevel(percent: percent) else { return }
        host.announce(level, into: &hostWire)
        deliverFromHost()
        pass(.milliseconds(1))
    }

    /// Sends `bytes` as they are.
    func deliver(_ bytes: [UInt8]) {
        agent.received(bytes.span.bytes, now: now, bootTime: bootTime)
        takeNews()
        flush()
    }

    func closeFromHost(_ reason: CloseReason) {
        host.close(reason, into: &hostWire)
        deliverFromHost()
    }

    /// Lets `span` pass, waking the agent whenever it wants; `onWake` runs after each. What only
    /// the owner of the socket can do is left to the test.
    func pass(_ span: TimeSpan, onWake: () -> Void = {}) {
        let end = now + span
        while step == .rest || step == .exchange, let next = deadline, next <= end {
            // A deadline that is never in the future would be a busy loop.
            wakes += 1
            precondition(wakes < 100_000)
            now = max(now, next)
            tick()
            onWake()
        }
        now = end
    }

    /// The machine is suspended for `span`.
    func sleep(_ span: TimeSpan) {
        asleep = TimeSpan(nanoseconds: asleep.nanoseconds + span.nanoseconds)
    }

    private func takeNews() {
        if let item = agent.takeNews() {
            news.append(item)
        }
        guard agent.takeGenerationDuty(bootTime: bootTime) else { return }
        if generationFails {
            failedGenerations += 1
            agent.generationFailed(bootTime: bootTime)
        } else {
            generations += 1
        }
    }

    private func flush() {
        guard hostReads else {
            try? agent.drain(now: now) { _ in 0 }
            return
        }
        while agent.hasSomethingToWrite {
            var bytes: [UInt8] = []
            try? agent.drain(now: now) { buffer in
                bytes = Array(buffer)
                return buffer.count
            }
            hear(bytes)
        }
        // The host's answers to heartbeats.
        if !hostWire.isEmpty {
            deliverFromHost()
        }
    }

    private func hear(_ bytes: [UInt8]) {
        var offset = 0
        var inThisWrite: [Heard] = []
        loop: while true {
            switch host.receive(bytes.span.bytes, offset: &offset, now: now, into: &hostWire) {
            case .needsMore: break loop
            case .opened(let hello): inThisWrite.append(.opened(hello))
            case .level(let level): inThisWrite.append(.level(level.percent))
            case .transfer(let sequence, let entropy):
                inThisWrite.append(.block(sequence))
                take(entropy, sequence)
            case .receipt(let receipt, _):
                inThisWrite.append(
                    .receipt(receipt.sequence, receipt.outcome, receipt.errorNumber))
            case .status(let status): inThisWrite.append(.status(status))
            case .closed(let reason, _):
                inThisWrite.append(.closed(reason))
                break loop
            }
        }
        heard += inThisWrite
        writes.append(inThisWrite)
    }

    private func take(_ entropy: consuming Entropy, _ sequence: UInt32) {
        #expect(entropy.minEntropy == .full(byteCount: entropy.byteCount))
        taken.append(entropy.withBytes { Array($0) })
        if let hostOutcome {
            host.acknowledge(Receipt(sequence: sequence, outcome: hostOutcome), into: &hostWire)
        }
    }

    private func deliverFromHost() {
        var bytes: [UInt8] = []
        hostWire.drain { buffer in
            bytes = Array(buffer)
            return buffer.count
        }
        guard !bytes.isEmpty, hostAnswers else { return }
        deliver(bytes)
    }
}

/// A frame of version 1, for hosts that break the rules.
func frame(_ type: UInt8, _ payload: [UInt8]) -> [UInt8] {
    [0x45, 0x4D, 1, type, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF), 0, 0] + payload
}

/// A transfer of `byteCount` bytes that claims `bits`.
func transfer(_ sequence: UInt8, byteCount: Int, bits: Int) -> [UInt8] {
    let header: [UInt8] = [0, 0, 0, sequence, 0, 0, UInt8(bits >> 8), UInt8(bits & 0xFF)]
    return frame(3, header + [UInt8](repeating: 7, count: byteCount))
}
