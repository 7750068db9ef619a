// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import Glibc

/// A pseudoterminal: its master is what a generator is plugged in to, its slave the serial line.
///
/// Owns the master, and closes it when it ends: the line is then hung up.
final class PseudoTerminal: Sendable {
    struct CannotOpen: Error { let errno: Int32 }

    let master: Int32
    /// Where the line is.
    let path: String

    init() throws {
        var (master, slave): (Int32, Int32) = (-1, -1)
        var name = [CChar](repeating: 0, count: 64)
        guard openpty(&master, &slave, &name, nil, nil) == 0 else {
            throw CannotOpen(errno: errno)
        }
        close(slave)
        self.master = master
        path = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit { close(master) }

    /// How the line is set up: a master is asked for its slave's settings (pty(7), tty_ioctl(4)).
    var settings: termios {
        var settings = termios()
        tcgetattr(master, &settings)
        return settings
    }

    /// Whether somebody has set the line up for raw bytes.
    var isRaw: Bool { settings.c_lflag & tcflag_t(ICANON) == 0 }

    /// Sends to the line; returns how many bytes went: none while nobody has it open.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Int { write(master, bytes, bytes.count) }
}
