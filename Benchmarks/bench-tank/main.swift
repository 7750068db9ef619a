// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshNode
internal import EntmeshSources
internal import Glibc
internal import Synchronization

// bench-tank rate CLAIM SECONDS    conditioned bytes a second from a source in memory, one core
// bench-tank dump BYTES            what a tank gives that such a source fills, to standard output

/// A tank behind a lock, emptied as it fills.
final class Drain: Sendable {
    private let tank = Mutex(MemoryTank(storage: HeapStorage(byteCount: 1 << 16)))
    private let use: @Sendable (UnsafeRawBufferPointer) -> Void

    init(_ use: @escaping @Sendable (UnsafeRawBufferPointer) -> Void) {
        self.use = use
    }

    func take(_ block: consuming Entropy) {
        // A closure captures no value that can be spent only once.
        var parcel: Entropy? = consume block
        let drawn = tank.withLock { tank in
            guard let entropy = parcel.take() else { return nil as Entropy? }
            let count = tank.deposit(entropy)
            defer { tank.settle(byteCount: count, delivered: true) }
            return tank.draw(byteCount: count)
        }
        if let drawn { drawn.withBytes(use) }
    }
}

func seconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

func fail(_ message: String) -> Never {
    let text = "bench-tank: \(message)\n"
    _ = write(STDERR_FILENO, text, text.utf8.count)
    exit(2)
}

/// Megabytes a second of `body`, which handles `byteCount` bytes a call.
func megabytesPerSecond(_ byteCount: Int, for span: Double, _ body: () -> Void) -> Double {
    let start = seconds()
    var calls = 0
    while seconds() - start < span {
        for _ in 0..<64 { body() }
        calls += 64
    }
    return Double(calls * byteCount) / (seconds() - start) / 1e6
}

func rate(claim bits: Double, for span: Double) throws {
    let claim = try EntropyClaim(bitsPerByte: bits)
    let made = Atomic<Int>(0)
    let drain = Drain { made.add($0.count, ordering: .relaxed) }
    let set = SourceSet { block, _ in drain.take(block) }
    let runner = try set.add(MemorySource(seed: 1), claim: claim)
    set.allow(upTo: .max)
    while made.load(ordering: .relaxed) == 0 { usleep(1000) }
    let (start, before) = (seconds(), made.load(ordering: .relaxed))
    usleep(UInt32(span * 1e6))
    let after = made.load(ordering: .relaxed)
    let whole = Double(after - before) / (seconds() - start) / 1e6
    set.stop()
    withExtendedLifetime(runner) {}
    try shares(claim, whole)
}

/// What of the time the tests and the hash take, each measured alone on the same samples.
func shares(_ claim: EntropyClaim, _ whole: Double) throws {
    let perBlock = Conditioner.inputByteCount(claim: claim)
    let samples = UnsafeMutableRawBufferPointer.allocate(byteCount: 512, alignment: 16)
    var source = MemorySource(seed: 2)
    var tests = HealthTests(claim: claim)
    let tested = megabytesPerSecond(512, for: 1) {
        _ = try? source.read(into: samples)
        _ = tests.test(UnsafeRawBufferPointer(samples), now: Moment(nanoseconds: 0))
    }
    var conditioner = Conditioner()
    let hashed = megabytesPerSecond(512, for: 1) {
        var rest = UnsafeRawBufferPointer(samples)
        while !rest.isEmpty {
            rest = UnsafeRawBufferPointer(rebasing: rest[conditioner.take(rest, claim: claim)...])
            _ = conditioner.makeBlock()
        }
    }
    let raw = whole * Double(perBlock) / Double(Conditioner.outputByteCount)
    print("conditioned \(whole) raw \(raw) tests \(raw / tested) hash \(raw / hashed)")
}

func dump(_ byteCount: Int) throws {
    let left = Atomic<Int>(byteCount)
    let drain = Drain { bytes in
        var rest = bytes[..<min(bytes.count, left.load(ordering: .relaxed))]
        left.subtract(rest.count, ordering: .relaxed)
        while !rest.isEmpty {
            let count = write(
                STDOUT_FILENO, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            guard count > 0 else { exit(1) }
            rest = rest.dropFirst(count)
        }
    }
    let set = SourceSet { block, _ in drain.take(block) }
    let claim = try EntropyClaim(bitsPerByte: 8)
    let runner = try set.add(MemorySource(seed: .random(in: 0...(.max))), claim: claim)
    set.allow(upTo: .max)
    while left.load(ordering: .relaxed) > 0 { usleep(1000) }
    withExtendedLifetime(runner) {}
}

let words = CommandLine.arguments
switch words.count > 1 ? words[1] : "" {
case "rate" where words.count == 4:
    guard let bits = Double(words[2]), let span = Double(words[3]) else { fail("no number") }
    try rate(claim: bits, for: span)
case "dump" where words.count == 3:
    guard let count = Int(words[2]) else { fail("no number") }
    try dump(count)
default: fail("rate CLAIM SECONDS, or dump BYTES")
}
