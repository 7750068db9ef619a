// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CEntmeshLinux
internal import Foundation

/// What the kernel tells of its devices (netlink(7), NETLINK_KOBJECT_UEVENT), as far as it says that
/// this virtual machine is a copy: newer kernels send NEW_VMGENID=1 then (drivers/virt/vmgenid.c).
///
/// Owns the socket, and closes it when it ends.
final class UeventSocket: Sendable {
    /// The most messages taken in one go: more than its buffer holds.
    private static let mostMessages = 65_536
    /// Where a driver has the devices that are bound to it, which a machine without one has not.
    private static let drivers = [
        "/sys/bus/acpi/drivers/vmgenid", "/sys/bus/platform/drivers/vmgenid",
    ]
    /// The longest message: the kernel's buffer for one (UEVENT_BUFFER_SIZE).
    private static let longestMessage = 2048

    private let descriptor: Int32

    /// Listens to the kernel; nil where it will never say so, as on a machine that is no guest, or
    /// where listening is not allowed.
    convenience init?() {
        let found = Self.drivers.flatMap {
            (try? FileManager.default.contentsOfDirectory(atPath: $0)) ?? []
        }
        // What else is there is the driver's own.
        let own: Set = ["bind", "unbind", "uevent", "module"]
        guard !own.isSuperset(of: found) else { return nil }
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
                let isLost = count == -Int64(entmesh_ENOBUFS)
                guard count >= 0 || isLost else { break }
                let message = UnsafeRawBufferPointer(rebasing: buffer[..<Int(max(0, count))])
                isNew = isNew || isLost || Self.saysNewGeneration(message)
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
