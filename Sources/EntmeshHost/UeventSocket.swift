// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CEntmeshLinux

/// What the kernel tells of its devices (netlink(7), NETLINK_KOBJECT_UEVENT), as far as it says that
/// this virtual machine is a copy: newer kernels send NEW_VMGENID=1 then (drivers/virt/vmgenid.c).
///
/// Owns the socket, and closes it when it ends.
final class UeventSocket: Sendable {
    /// The most messages taken in one go; the rest waits.
    private static let mostMessages = 256
    /// The longest message: the kernel's buffer for one (UEVENT_BUFFER_SIZE).
    private static let longestMessage = 2048

    private let descriptor: Int32

    /// Listens to the kernel; nil where that is not allowed.
    convenience init?() {
        let descriptor = entmesh_uevent_open()
        guard descriptor >= 0 else { return nil }
        self.init(descriptor: descriptor)
    }

    /// Takes over a socket of messages, which need not be the kernel's; for tests.
    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        entmesh_close(descriptor)
    }

    /// Takes the messages that wait; whether one of them, or one that was lost, says that this
    /// machine is a copy.
    func tookNewGeneration() -> Bool {
        withUnsafeTemporaryAllocation(byteCount: Self.longestMessage, alignment: 1) { buffer in
            var isNew = false
            for _ in 0..<Self.mostMessages {
                let count = entmesh_uevent_take(descriptor, buffer.baseAddress, buffer.count)
                // The kernel had more to say than we took in time: it may have said that.
                if count == -Int64(entmesh_ENOBUFS) {
                    isNew = true
                    continue
                }
                guard count >= 0 else { break }
                let message = UnsafeRawBufferPointer(rebasing: buffer[..<Int(count)])
                isNew = isNew || Self.saysNewGeneration(message)
            }
            return isNew
        }
    }

    /// Whether `message`, strings that each end with a zero, has NEW_VMGENID=1 among them.
    static func saysNewGeneration(_ message: UnsafeRawBufferPointer) -> Bool {
        let wanted: StaticString = "NEW_VMGENID=1"
        return wanted.withUTF8Buffer { wanted in
            message.split(separator: 0).contains { $0.elementsEqual(wanted) }
        }
    }
}
