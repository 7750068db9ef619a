// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// Makes a SHA-512 context that is about to be freed forget what went in.
///
/// swift-crypto 4.5 wipes only the first 8 bytes of a context it frees, which leaves the last input
/// and the chaining state in freed memory: from them the block made could be derived. What goes in
/// here takes the place of both.
enum Forgetting {
    /// Half of SHA-512's input block (FIPS 180-4 section 1): two of them go through the context's
    /// own buffer, one larger piece would go past it.
    private static let halfBlock = 64

    /// Calls `update` with zeros until nothing of the context's content is left.
    static func overwrite(_ update: (UnsafeRawBufferPointer) -> Void) {
        withUnsafeTemporaryAllocation(byteCount: halfBlock, alignment: 16) { zeros in
            zeros.initializeMemory(as: UInt8.self, repeating: 0)
            for _ in 0..<2 { update(UnsafeRawBufferPointer(zeros)) }
        }
    }
}
