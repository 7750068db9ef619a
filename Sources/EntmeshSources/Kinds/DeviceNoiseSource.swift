// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

public import EntmeshNode
internal import Glibc

/// A noise source behind a path: `/dev/hwrng`, a serial or USB generator, or another character device
/// or pipe.
///
/// Where the device supports poll(2), a read gives up after a deadline; `/dev/hwrng` does not, and
/// blocks.
public struct DeviceNoiseSource: NoiseSource, ~Copyable {
    /// Where the kernel's hardware generator is.
    public static let hardwareGeneratorPath = "/dev/hwrng"
    /// How long a device may have nothing, where poll(2) can tell.
    public static let readDeadline = TimeSpan.seconds(5)

    public let name: String
    public let kind: NoiseSourceKind

    private var link: DeviceLink

    /// A source that will open `path` when it is first read.
    ///
    /// - Parameter serial: how to set up the line, if the device is one.
    public init(
        name: String, path: String, kind: NoiseSourceKind = .characterDevice,
        serial: SerialLine? = SerialLine(), deadline: TimeSpan = readDeadline
    ) {
        self.name = name
        self.kind = kind
        link = DeviceLink(path: path, .device, mode: O_RDONLY, deadline: deadline, serial: serial)
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

    public mutating func read(
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(NoiseSourceError) -> Int {
        try link.read(into: buffer)
    }

    public mutating func close() {
        link.close()
    }
}
