// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import ArgumentParser
internal import EntmeshConnection
internal import EntmeshLinux
internal import EntmeshNode
internal import Foundation

/// Dials the host as its own pool would, and prints as JSON what became of it.
@main
struct PoolStandIn: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "pool-stand-in")

    @Option var unix: String
    /// What it has of its own, and from others, at the start, in bytes.
    @Option var own = 0
    @Option var foreign = 0
    /// What it gathers and what is drawn from it, in bytes a second.
    @Option var rate = 0
    @Option var drain = 0
    @Option var seconds = 10.0

    private static let tick = TimeSpan.milliseconds(100)

    func run() throws {
        let socket = try dial()
        let signals = try StopSignals()
        let run = UInt64(Date().timeIntervalSince1970 * 1e9)
        var pool = StandIn(run: run, own: own, foreign: foreign)
        var wire = WireBuffer()
        var now = SystemClock.now()
        let end = now + TimeSpan(nanoseconds: Int64(seconds * 1e9))
        var next = now + Self.tick
        pool.start(now: now, into: &wire)
        while now < end && pool.connection.closeReason == nil {
            try flush(&wire, socket)
            let ready = try Readiness.wait(
                socket: socket, for: .read, signals: signals, timeout: next - now)
            now = SystemClock.now()
            if ready.contains(.signal) { break }
            if ready.contains(.read) {
                guard try read(socket, &pool, now, &wire) else { break }
            }
            if now >= next {
                pool.gather(rate / 10, draw: drain / 10, now: now, into: &wire)
                pool.tick(now: now, into: &wire)
                next = next + Self.tick
            }
        }
        try flush(&wire, socket)
        try report(pool)
    }

    private func dial() throws(DialError) -> FileDescriptor {
        // Never freed: it lives as long as the program.
        let path = UnsafeMutableBufferPointer<CChar>.allocate(capacity: unix.utf8.count + 1)
        _ = path.initialize(from: unix.utf8CString)
        guard let start = path.baseAddress else { return .none }
        return try Dial.unix(path: CString(immortal: UnsafePointer(start)))
    }

    private func flush(_ wire: inout WireBuffer, _ socket: borrowing FileDescriptor) throws {
        while !wire.isEmpty {
            try wire.drain { bytes in try socket.send(bytes) }
        }
    }

    private func read(
        _ socket: borrowing FileDescriptor, _ pool: inout StandIn, _ now: Moment,
        _ wire: inout WireBuffer
    ) throws -> Bool {
        var buffer = [UInt8](repeating: 0, count: 8192)
        let count = try buffer.withUnsafeMutableBytes { try socket.read(into: $0) }
        guard count > 0 else { return false }
        buffer[..<count].withUnsafeBytes { pool.receive($0.bytes, now: now, into: &wire) }
        return true
    }

    private func report(_ pool: borrowing StandIn) throws {
        let report = Report(
            own: pool.bytes.own, foreign: pool.bytes.foreign, level: Int(pool.level.percent),
            notifications: pool.notifications, given: pool.given.map(hex),
            received: pool.received.map(hex),
            closed: pool.connection.closeReason.map { "\($0.label)" })
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        print(String(decoding: try encoder.encode(report), as: UTF8.self))
    }

    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { String(format: "%02x", $0) }.joined()
    }
}

/// What `pool-stand-in` prints at its end.
struct Report: Encodable {
    let own: Int
    let foreign: Int
    let level: Int
    let notifications: Int
    let given: [String]
    let received: [String]
    let closed: String?
}
