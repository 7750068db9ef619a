// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshNode
internal import Glibc

/// A device, pipe or socket behind a path, opened when it is first used; with a deadline where
/// poll(2) can tell.
///
/// Owns the descriptor, and closes it when it ends.
struct DeviceLink: ~Copyable {
    let path: String
    private let mode: Int32
    private let sorts: Sorts
    private let deadline: TimeSpan
    private let serial: SerialLine?
    private var descriptor: Int32?

    /// What may be behind the path.
    enum Sorts {
        /// A character device or a pipe.
        case device
        /// A UNIX socket.
        case socket
        /// A character device, or the UNIX socket of a program that plays one.
        case deviceOrSocket
    }

    /// - Parameters:
    ///   - mode: O_RDONLY or O_RDWR.
    ///   - serial: how to set up the line, if the device turns out to be one.
    init(
        path: String, _ sorts: Sorts, mode: Int32, deadline: TimeSpan, serial: SerialLine? = nil
    ) {
        self.path = path
        self.sorts = sorts
        self.mode = mode
        self.deadline = deadline
        self.serial = serial
    }

    deinit {
        if let descriptor { _ = Glibc.close(descriptor) }
    }

    mutating func close() {
        guard let descriptor else { return }
        _ = Glibc.close(descriptor)
        self.descriptor = nil
    }

    // MARK: Reading and writing

    /// Waits for input and reads what there is, at most what fits; at least one byte.
    mutating func read(
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

    /// Writes all of `bytes` with one write(2), as a device that takes commands wants it.
    mutating func write(_ bytes: [UInt8]) throws(NoiseSourceError) {
        let descriptor = try opened()
        while true {
            let count = Glibc.write(descriptor, bytes, bytes.count)
            if count == bytes.count { return }
            let error = count < 0 ? errno : EIO
            if error != EINTR { throw failure("write to", error) }
        }
    }

    // Waits until poll(2) says that a read will not block, or that it cannot tell.
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
        Int32(clamping: max(0, (end - Moment.monotonic).nanoseconds / 1_000_000))
    }

    // MARK: Opening

    private mutating func opened() throws(NoiseSourceError) -> Int32 {
        if let descriptor { return descriptor }
        let opened =
            switch sorts {
            case .device: try openedDevice()
            case .socket: try connected()
            case .deviceOrSocket: try isSocket ? connected() : openedDevice()
            }
        descriptor = opened
        return opened
    }

    private var isSocket: Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK
    }

    private func openedDevice() throws(NoiseSourceError) -> Int32 {
        // O_NONBLOCK keeps open(2) itself from waiting, for a pipe's writer or a modem's carrier.
        let opened = Glibc.open(path, mode | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard opened >= 0 else { throw failure("open", errno) }
        do throws(NoiseSourceError) {
            try checkSort(of: opened)
            if let serial, isatty(opened) == 1 { try serial.setUp(opened, path: path) }
            // Lets reads block: a non-blocking /dev/hwrng answers EAGAIN, and no poll says when to
            // try again.
            guard fcntl(opened, F_SETFL, 0) == 0 else { throw failure("set up", errno) }
        } catch {
            _ = Glibc.close(opened)
            throw error
        }
        return opened
    }

    private func connected() throws(NoiseSourceError) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard path.utf8.count < room else { throw failure("connect to", ENAMETOOLONG) }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let socket = Glibc.socket(
            AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { throw failure("connect to", errno) }
        let outcome = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard outcome == 0 else {
            let error = errno
            _ = Glibc.close(socket)
            throw failure("connect to", error)
        }
        return socket
    }

    // Refuses a file: its bytes would come again after every restart.
    private func checkSort(of descriptor: Int32) throws(NoiseSourceError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure("examine", errno) }
        let sort = status.st_mode & S_IFMT
        guard sort == S_IFCHR || sort == S_IFIFO else { throw .notADevice(path: path) }
    }

    private func failure(_ attempt: String, _ errno: Int32) -> NoiseSourceError {
        .system(attempt: attempt, device: path, errno: errno)
    }
}
