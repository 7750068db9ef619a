// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CEntmeshLinux

/// The kernel's generator: ports, jitter, file names, and what a pool gives away.
public enum SystemRandom {
    /// Fills `out` (at most 256 bytes) or throws EAGAIN while the generator is not ready.
    ///
    /// It never blocks: a blocking getrandom(2) makes the kernel gather jitter and so destroys
    /// what it measures.
    public static func fill(_ out: UnsafeMutableRawBufferPointer) throws(Errno) {
        let count = try Errno.check(
            entmesh_random_bytes(out.baseAddress, UInt32(clamping: out.count)))
        guard count == out.count else { throw .wouldBlock }
    }

    /// A number from the generator, or nil while it is not ready.
    @inline(never)
    public static func number() -> UInt64? {
        var number: UInt64 = 0
        do throws(Errno) {
            try withUnsafeMutableBytes(of: &number) { bytes throws(Errno) in try fill(bytes) }
            return number
        } catch {
            return nil
        }
    }
}
