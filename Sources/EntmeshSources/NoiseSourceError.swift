// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import Glibc

/// Why a noise source gave nothing, in words that say what to do next.
public enum NoiseSourceError: Error, Equatable, CustomStringConvertible {
    /// A system call failed: what was attempted on which device, and errno.
    case system(attempt: String, device: String, errno: Int32)
    /// The path is neither a character device nor a pipe.
    case notADevice(path: String)
    /// The device ended its output: it was unplugged, or the far end of a pipe was closed.
    case ended(device: String)
    /// The device had nothing for this many seconds.
    case timedOut(device: String, seconds: Int64)
    /// The device answers, but not now: why. It may be asked again.
    case busy(device: String, reason: String)
    /// What the device answered makes no sense: what was found.
    case malformed(device: String, reason: String)
    /// The device answers that it will not: why.
    case refused(device: String, reason: String)
    /// This machine cannot have it: why.
    case unsupported(reason: String)

    /// Whether the device must be opened again before it can be read.
    ///
    /// A device that is only slow stays open, and need not pass the start-up test once more.
    public var losesDevice: Bool {
        switch self {
        case .system(_, _, let errno): errno != EAGAIN
        case .notADevice, .ended, .malformed, .refused, .unsupported: true
        case .timedOut, .busy: false
        }
    }

    public var description: String {
        switch self {
        case .system(let attempt, let device, let errno):
            "cannot \(attempt) \(device): \(Self.words(for: errno))" + Self.hint(for: errno)
        case .notADevice(let path):
            "\(path) is not a character device: what is in a file could be used twice"
        case .busy(let device, let reason): "\(device) is busy: \(reason)"
        case .malformed(let device, let reason):
            "\(device) gave an answer that makes no sense: \(reason)"
        case .refused(let device, let reason): "\(device) refuses: \(reason)"
        case .unsupported(let reason): reason
        case .ended(let device):
            "\(device) ended: is it still plugged in?"
        case .timedOut(let device, let seconds):
            "\(device) gave nothing for \(seconds) s: is a generator behind it?"
        }
    }

    /// strerror(3), without its shared buffer.
    private static func words(for errno: Int32) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer in
            guard let start = buffer.baseAddress, strerror_r(errno, start, buffer.count) == 0 else {
                return "error \(errno)"
            }
            return String(cString: start)
        }
    }

    private static func hint(for errno: Int32) -> String {
        switch errno {
        case ENODEV, ENXIO:
            "; no generator is bound: see /sys/class/misc/hw_random/rng_available"
        case ENOENT: "; is the driver loaded?"
        case EACCES, EPERM: "; the daemon's user needs read access, and its unit DeviceAllow="
        case EIO: "; the hardware reports a fault"
        case EAGAIN: "; the generator has no data yet"
        case EBUSY: "; another program holds it"
        default: ""
        }
    }
}
