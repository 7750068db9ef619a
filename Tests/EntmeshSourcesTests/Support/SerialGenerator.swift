// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshCoreTestSupport
import EntmeshThreads
import Glibc
import Synchronization

/// A generator on a serial line, which sends all the time, at a rate of its own.
///
/// A line at that rate gets good noise. One that is much too fast takes every low bit for a byte of
/// zeros, and the edge in one now and then for its end: few values, and mostly one.
final class SerialGenerator: Sendable {
    /// Where its line is.
    let path: String
    private let isPlugged: Flag

    private final class Flag: Sendable {
        let value = Atomic(true)
    }

    /// A generator that sends at `speed`, as termios(3) has it.
    init(speed: Int32, seed: UInt64 = 1) throws {
        let terminal = try PseudoTerminal()
        path = terminal.path
        // A full line must not keep the thread from seeing that it is unplugged.
        _ = fcntl(terminal.master, F_SETFL, O_NONBLOCK)
        let flag = Flag()
        isPlugged = flag
        _ = DetachedThread.start {
            var noise = SplitMix(seed: seed)
            while flag.value.load(ordering: .relaxed) {
                Self.work(on: terminal, speed_t(speed), &noise)
            }
        }
    }

    deinit { unplug() }

    /// Has the line hung up, soon.
    func unplug() { isPlugged.value.store(false, ordering: .relaxed) }

    /// Sends a little, or waits a little if the line is full or nobody has set it up.
    private static func work(
        on terminal: PseudoTerminal, _ speed: speed_t, _ noise: inout SplitMix
    ) {
        var settings = terminal.settings
        let bytes =
            cfgetispeed(&settings) == speed
            ? noise.bytes(64) : (0..<64).map { _ in noiseOfTheWrongRate(&noise) }
        guard terminal.isRaw, terminal.send(bytes) > 0 else {
            poll(nil, 0, 1)
            return
        }
    }

    private static func noiseOfTheWrongRate(_ noise: inout SplitMix) -> UInt8 {
        noise.chance(7.0 / 8) ? 0 : [0x80, 0xE0, 0xF8, 0xFE].randomElement(using: &noise) ?? 0
    }
}
