// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// A disk image that is about to be written to.
struct DiskImage {
    let path: String

    /// Fails if a running domain holds it, which QEMU's lock shows. Without qemu-img it cannot be
    /// told here; virt-customize meets the same lock.
    func requireUnused() throws {
        guard let program = ExternalCommand.find("qemu-img") else { return }
        let (status, said) = try ExternalCommand(program, ["info", path]).capture()
        guard status != 0 else { return }
        throw said.contains(" lock")
            ? CommandError(
                """
                \(path) is in use, and writing to it would destroy it; shut its domain down first: \
                virsh shutdown DOMAIN
                """)
            : CommandError("\(path) is no image that qemu-img can read: \(said)")
    }
}
