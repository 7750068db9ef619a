// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

package import EntmeshLinux
internal import Synchronization

/// Texts that live as long as the process, as the real arguments do; kept, so that no leak checker
/// takes them for lost.
package enum Immortal {
    private struct Kept: @unchecked Sendable {
        // Sendable: only kept, never read again.
        var addresses: [UnsafeMutableRawPointer] = []
    }

    private static let kept = Mutex(Kept())

    /// `text` as a C string.
    package static func text(_ text: String) -> CString {
        CString(immortal: copy(text))
    }

    /// `words` as the arguments of a program.
    package static func arguments(_ words: [String]) -> Arguments {
        let list = UnsafeMutableBufferPointer<UnsafePointer<CChar>?>.allocate(
            capacity: max(1, words.count))
        for (index, word) in words.enumerated() {
            list[index] = UnsafePointer(copy(word))
        }
        keep(UnsafeMutableRawPointer(list.baseAddress))
        return Arguments(
            immortal: UnsafeBufferPointer(rebasing: UnsafeBufferPointer(list)[..<words.count]))
    }

    private static func copy(_ text: String) -> UnsafeMutablePointer<CChar> {
        let bytes = Array(text.utf8CString)
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
        copy.initialize(from: bytes, count: bytes.count)
        keep(copy)
        return copy
    }

    private static func keep(_ address: UnsafeMutableRawPointer?) {
        guard let address else { return }
        // Inside the lock the value is sent as an integer: a raw pointer is not Sendable.
        let bits = UInt(bitPattern: address)
        kept.withLock { kept in
            if let address = UnsafeMutableRawPointer(bitPattern: bits) {
                kept.addresses.append(address)
            }
        }
    }
}
