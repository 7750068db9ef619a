// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import Glibc

/// How a serial line is set up for a generator: raw bytes, 8 data bits, no parity, no flow control
/// (termios(3)).
public struct SerialLine: Equatable, Sendable {
    /// The rates that can be asked for, in baud.
    public static let rates = [
        1200, 2400, 4800, 9600, 19200, 38400, 57600, 115_200, 230_400, 460_800, 921_600,
    ]
    /// What a USB generator takes; it has no line, and does not mind.
    public static let defaultRate = 115_200

    /// Baud; one of `rates`.
    public let rate: Int
    private let speed: speed_t

    /// Nil for a rate that is not one of `rates`.
    public init?(rate: Int = defaultRate) {
        let speeds = [
            B1200, B2400, B4800, B9600, B19200, B38400, B57600, B115200, B230400, B460800, B921600,
        ]
        guard let index = Self.rates.firstIndex(of: rate) else { return nil }
        self.rate = rate
        speed = speed_t(speeds[index])
    }

    /// Sets up the line of `descriptor`, and forgets what came before: it came at another rate.
    func setUp(_ descriptor: Int32, path: String) throws(NoiseSourceError) {
        var settings = termios()
        guard tcgetattr(descriptor, &settings) == 0 else { throw Self.failure(path) }
        cfmakeraw(&settings)
        settings.c_cflag |= tcflag_t(CLOCAL | CREAD)
        settings.c_cflag &= ~(tcflag_t(CSTOPB) | tcflag_t(CRTSCTS))
        withUnsafeMutableBytes(of: &settings.c_cc) { characters in
            characters[Int(VMIN)] = 1
            characters[Int(VTIME)] = 0
        }
        guard cfsetspeed(&settings, speed) == 0, tcsetattr(descriptor, TCSANOW, &settings) == 0
        else { throw Self.failure(path) }
        tcflush(descriptor, TCIFLUSH)
    }

    private static func failure(_ path: String) -> NoiseSourceError {
        .system(attempt: "set up the serial line", device: path, errno: errno)
    }
}
