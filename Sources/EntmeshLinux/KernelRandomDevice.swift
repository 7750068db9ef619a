// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CEntmeshLinux
internal import CZeroize

/// The running kernel's own generator.
public struct KernelRandomDevice: RandomDevice, ~Copyable {
    // Opened when it is first needed and kept: /dev may come later than this program.
    private var random = FileDescriptor.none

    public init() {}

    public var poolBits: Int? {
        SmallFile.number(path: "/proc/sys/kernel/random/poolsize")
    }

    public var isReady: Bool {
        var byte: UInt8 = 0
        let isReady = entmesh_random_bytes(&byte, 1) == 1
        entmesh_wipe(&byte, 1)
        return isReady
    }

    public func draw(into out: UnsafeMutableRawBufferPointer) throws(Errno) {
        try SystemRandom.fill(out)
    }

    public mutating func count() throws(Errno) -> Int {
        Int(try Errno.check(entmesh_random_count(try descriptor())))
    }

    public mutating func add(_ bytes: UnsafeRawBufferPointer, bits: Int) throws(Errno) {
        let count = UInt32(clamping: bytes.count)
        _ = try Errno.check(
            entmesh_random_add(
                try descriptor(), bytes.baseAddress, count, UInt32(clamping: bits)))
    }

    public mutating func reseed() throws(Errno) {
        _ = try Errno.check(entmesh_random_reseed(try descriptor()))
    }

    private mutating func descriptor() throws(Errno) -> Int32 {
        if !random.isOpen {
            random = FileDescriptor(owning: try Errno.check(entmesh_random_open()))
        }
        return random.rawValue
    }
}
