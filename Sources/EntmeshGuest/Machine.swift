// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConnection
internal import EntmeshLinux

/// What a status message says of the machine.
enum Machine {
    /// uname -r.
    static func kernel() -> PrintableText {
        var text = PrintableText()
        ThisProcess.withKernelRelease { _ = text.append($0) }
        return text
    }

    /// The hardware generator in use; empty if there is none. A virtual TPM can displace
    /// virtio_rng: what is configured is not what is used.
    static func hardwareGenerator() -> PrintableText {
        var text = PrintableText()
        var bytes = InlineArray<64, UInt8>(repeating: 0)
        var span = bytes.mutableSpan
        span.withUnsafeMutableBytes { buffer in
            do throws(Errno) {
                let count = try SmallFile.read(
                    path: "/sys/class/misc/hw_random/rng_current", into: buffer)
                for index in 0..<count where text.append(buffer[index]) {}
            } catch {
                // No hw_random in this kernel, or no /sys.
            }
        }
        return text
    }
}
