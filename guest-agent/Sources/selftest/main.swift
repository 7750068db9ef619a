// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CFixedMemory
internal import EntmeshConnection
internal import EntmeshGuest
internal import EntmeshLinux
internal import EntmeshNode

// Swift Testing cannot run in Embedded Swift: this program plays the main paths of the agent in the
// build that ships, against a kernel of its own, and ends with 1 at the first that is wrong.

/// A modern kernel that is not ready, in memory.
struct PlayedDevice: RandomDevice {
    var bits = 0
    var added = 0
    var reseeds = 0

    var poolBits: Int? { 256 }
    var isReady: Bool { bits >= 256 }

    func draw(into out: UnsafeMutableRawBufferPointer) throws(Errno) {
        guard isReady else { throw .wouldBlock }
        out[0] = 1
    }

    func count() throws(Errno) -> Int { bits }

    mutating func add(_ bytes: UnsafeRawBufferPointer, bits: Int) throws(Errno) {
        self.bits = min(256, self.bits + bits)
        added += bytes.count
    }

    mutating func reseed() throws(Errno) {
        guard isReady else { throw .noData }
        reseeds += 1
    }
}

/// Ends the program unless `condition` holds.
func check(_ condition: Bool, _ what: StaticString) {
    guard !condition else { return }
    what.withUTF8Buffer { ThisProcess.write(UnsafeRawBufferPointer($0), toError: true) }
    let end: StaticString = ": wrong\n"
    end.withUTF8Buffer { ThisProcess.write(UnsafeRawBufferPointer($0), toError: true) }
    ThisProcess.exit(.no)
}

/// Feeds the bytes that `host` wrote to `agent`.
func carry(
    _ hostWire: inout WireBuffer, to agent: inout GuestAgent<PlayedDevice>, _ now: Moment
) {
    hostWire.drain { bytes in
        agent.received(bytes.bytes, now: now, bootTime: now)
        return bytes.count
    }
}

/// Feeds the bytes that `agent` wrote to `host`; returns the last level and the last outcome.
func carry(
    _ agent: inout GuestAgent<PlayedDevice>, to host: inout Connection,
    _ hostWire: inout WireBuffer, _ now: Moment
) -> (FillLevel?, Receipt.Outcome?) {
    var level: FillLevel?
    var outcome: Receipt.Outcome?
    do throws(Errno) {
        try agent.drain(now: now) { bytes in
            var offset = 0
            while true {
                switch host.receive(bytes.bytes, offset: &offset, now: now, into: &hostWire) {
                case .needsMore: return bytes.count
                case .closed: return bytes.count
                case .level(let announced): level = announced
                case .receipt(let receipt, _): outcome = receipt.outcome
                case .opened: break
                case .status: break
                case .transfer(_, let entropy): drop(entropy)
                }
            }
        }
    } catch {
        check(false, "draining")
    }
    return (level, outcome)
}

/// Ends `entropy`: dropped in a switch, it trips the Embedded compiler of Swift 6.3.1.
func drop(_ entropy: consuming Entropy) {}

func newHost() -> Connection {
    Connection(
        hello: Hello(
            kind: .buffer, capacity: 1 << 20, sends: true, accepts: .refuse, isReady: true,
            occasion: .start, agentVersion: PrintableText("selftest")),
        keepalive: .host, largestBlock: 0)
}

/// A whole life: handshake, level 0, a block, level 100, the fall, a reset, another block.
func feedAndReset() {
    var now = Moment(nanoseconds: 1_000_000_000)
    var agent = GuestAgent(settings: GuestSettings(), device: PlayedDevice(), now: now)
    var wire = WireBuffer(capacity: 1024)
    for round in 0..<100 {
        var host = newHost()
        check(agent.step(now: now) == .dial, "dialling at once")
        agent.dialBegan(now: now)
        agent.connected(now: now)
        host.start(now: now, into: &wire)
        _ = carry(&agent, to: &host, &wire, now)
        carry(&wire, to: &agent, now)
        check(carry(&agent, to: &host, &wire, now).0 == .empty, "level 0 first")
        let block = Entropy(byteCount: 32, minEntropy: .full(byteCount: 32)) { $0[0] = 1 }
        check(host.send(block, now: now, into: &wire) == 1, "sending a block")
        carry(&wire, to: &agent, now)
        let (level, outcome) = carry(&agent, to: &host, &wire, now)
        check(level == .full, "level 100 after a block")
        check(outcome == (round == 0 ? .seeded : .reseeded), "the outcome")
        check(agent.takeGenerationDuty(bootTime: now) == (round > 0), "the generation")
        now = now + .seconds(60)
        agent.tick(now: now, bootTime: now, randomness: 0)
        check(carry(&agent, to: &host, &wire, now).0?.percent == 90, "level 90 after a minute")
        agent.ended(.transportReset, now: now, randomness: 0)
    }
}

/// What cannot be decoded ends a connection and never the program.
func survivesNoise() {
    let now = Moment(nanoseconds: 1_000_000_000)
    var seed: UInt64 = 88_172_645_463_325_252
    for _ in 0..<1000 {
        var agent = GuestAgent(settings: GuestSettings(), device: PlayedDevice(), now: now)
        agent.dialBegan(now: now)
        agent.connected(now: now)
        var noise = InlineArray<256, UInt8>(repeating: 0)
        for index in 0..<noise.count {
            seed ^= seed << 13
            seed ^= seed >> 7
            seed ^= seed << 17
            noise[index] = UInt8(truncatingIfNeeded: seed)
        }
        // A good start of a frame now and then, so that more than the magic is looked at.
        (noise[0], noise[1], noise[2], noise[3]) = (0x45, 0x4D, 1, noise[3] & 7)
        (noise[4], noise[6], noise[7]) = (0, 0, 0)
        noise.span.withUnsafeBytes { agent.received($0.bytes, now: now, bootTime: now) }
        agent.tick(now: now + .seconds(60), bootTime: now, randomness: seed)
    }
}

/// Nothing that was taken from the fixed memory is kept.
func keepsNothing() {
    let before = entmesh_fixed_memory_in_use()
    feedAndReset()
    survivesNoise()
    check(entmesh_fixed_memory_in_use() == before, "memory in use afterwards")
}

keepsNothing()
let verdict: StaticString = "selftest: all right\n"
verdict.withUTF8Buffer { ThisProcess.write(UnsafeRawBufferPointer($0), toError: false) }
ThisProcess.exit(.success)
