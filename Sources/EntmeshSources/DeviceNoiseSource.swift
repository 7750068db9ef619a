// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

public import EntmeshNode
internal import Glibc

/// A noise source behind a path: `/dev/hwrng`, or another character device or pipe.
///
/// Where the device supports poll(2), a read gives up after a deadline; `/dev/hwrng` does not, and
/// blocks. Owns the descriptor, and closes it when it ends.
public struct DeviceNoiseSource: NoiseSource, ~Copyable {
    /// Where the kernel's hardware generator is.
    public static let hardwareGeneratorPath = "/dev/hwrng"
    /// How long a device may have nothing, where poll(2) can tell.
    public static let readDeadline = TimeSpan.seconds(5)

    public let name: String
    public let kind: NoiseSourceKind
    /// The path it reads.
    public let path: String

    private let deadline: TimeSpan
    private var descriptor: Int32?

    /// A source that will open `path` when it is first read.
    public init(
        name: String, path: String, kind: NoiseSourceKind = .characterDevice,
        deadline: TimeSpan = readDeadline
    ) {
        self.name = name
        self.path = path
        self.kind = kind
        self.deadline = deadline
    }

    /// What sort of device `path` is: by its numbers (Linux, devices.txt), so that a link to one is
    /// shown as what it is; by its name while it is absent.
    public static func kind(of path: String) -> NoiseSourceKind {
        var status = stat()
        guard stat(path, &status) == 0 else {
            return path == hardwareGeneratorPath ? .hardwareGenerator : .characterDevice
        }
        guard status.st_mode & S_IFMT == S_IFCHR else { return .characterDevice }
        // makedev(3), for numbers this small: the major above the low byte of the minor.
        return switch status.st_rdev {
        case 10 << 8 | 183: .hardwareGenerator
        case 1 << 8 | 8, 1 << 8 | 9: .kernel
        default: .characterDevice
        }
    }

    deinit {
        if let descriptor { _ = Glibc.close(descriptor) }
    }

    public mutating func read(
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(NoiseSourceError) -> Int {
        let descriptor = try opened()
        try awaitInput(on: descriptor)
        while true {
            let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if count > 0 { return count }
            if count == 0 { throw .ended(device: path) }
            let error = errno
            if error != EINTR { throw failure("read", error) }
        }
    }

    public mutating func close() {
        guard let descriptor else { return }
        _ = Glibc.close(descriptor)
        self.descriptor = nil
    }

    private mutating func opened() throws(NoiseSourceError) -> Int32 {
        if let descriptor { return descriptor }
        // O_NONBLOCK keeps open(2) itself from waiting, for a pipe's writer or a modem's carrier.
        let opened = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard opened >= 0 else { throw failure("open", errno) }
        do throws(NoiseSourceError) {
            try checkSort(of: opened)
            try makeBlocking(opened)
        } catch {
            _ = Glibc.close(opened)
            throw error
        }
        descriptor = opened
        return opened
    }

    /// Lets reads block: a non-blocking /dev/hwrng answers EAGAIN, and no poll says when to retry.
    private func makeBlocking(_ descriptor: Int32) throws(NoiseSourceError) {
        guard fcntl(descriptor, F_SETFL, 0) == 0 else { throw failure("set up", errno) }
    }

    /// Refuses a file: its bytes would come again after every restart.
    private func checkSort(of descriptor: Int32) throws(NoiseSourceError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure("examine", errno) }
        let sort = status.st_mode & S_IFMT
        guard sort == S_IFCHR || sort == S_IFIFO else { throw .notADevice(path: path) }
    }

    /// Waits until poll(2) says that a read will not block, or that it cannot tell.
    private func awaitInput(on descriptor: Int32) throws(NoiseSourceError) {
        let end = Moment.monotonic + deadline
        while true {
            var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = Glibc.poll(&poll, 1, milliseconds(until: end))
            if ready > 0 { return }
            if ready == 0 { throw .timedOut(device: path, seconds: deadline.wholeSeconds) }
            let error = errno
            if error != EINTR { throw failure("wait for", error) }
        }
    }

    private func milliseconds(until end: Moment) -> Int32 {
        let left = (end - Moment.monotonic).nanoseconds / 1_000_000
        return Int32(clamping: max(0, left))
    }

    private func failure(_ attempt: String, _ errno: Int32) -> NoiseSourceError {
        .system(attempt: attempt, device: path, errno: errno)
    }
}
