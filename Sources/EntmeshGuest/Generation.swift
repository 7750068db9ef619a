// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshLinux

/// The content of the generation file: how often this machine's memory may have run before, and
/// 16 random bytes, so that two clones with equal counts differ.
///
/// User space that watches the file re-keys when it changes; by then the generator has taken in
/// entropy that no clone has.
struct Generation: Equatable, Sendable {
    /// How often.
    private(set) var count: Int64

    /// The count that the file in `directory` holds; 0 if there is none.
    init(directory: CString) {
        var text = InlineArray<24, UInt8>(repeating: 0)
        var span = text.mutableSpan
        count = span.withUnsafeMutableBytes { buffer in
            do throws(Errno) {
                let length = try SmallFile.read(
                    directory: directory, name: GuestConstants.generationFile, into: buffer)
                let content = UnsafeRawBufferPointer(rebasing: buffer[..<length])
                return SmallFile.number(content).map { Int64($0) } ?? 0
            } catch {
                return 0
            }
        }
    }

    /// Counts once more and replaces the file, atomically; if it throws, it did not count.
    mutating func advance(directory: CString) throws(Errno) {
        var nonce = InlineArray<16, UInt8>(repeating: 0)
        var span = nonce.mutableSpan
        try span.withUnsafeMutableBytes { bytes throws(Errno) in try SystemRandom.fill(bytes) }
        let next = count &+ 1
        var text = TextBuffer()
        text.append(next)
        text.append(" ")
        for index in 0..<nonce.count {
            text.append(hexadecimal: nonce[index])
        }
        text.append("\n")
        try text.replaceFile(directory: directory, name: GuestConstants.generationFile)
        count = next
    }
}
