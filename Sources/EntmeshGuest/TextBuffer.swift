// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshLinux

/// Text for people in fixed memory: no String, nothing allocated. What does not fit is cut off.
struct TextBuffer: ~Copyable {
    private var bytes = InlineArray<1024, UInt8>(repeating: 0)
    private(set) var count = 0

    mutating func append(byte: UInt8) {
        guard count < bytes.count else { return }
        bytes[count] = byte
        count += 1
    }

    @inline(never)
    mutating func append(_ text: StaticString) {
        for index in 0..<text.utf8CodeUnitCount {
            append(byte: text.utf8Start[index])
        }
    }

    /// Appends what an operator typed, printable ASCII only, at most 64 bytes of it.
    @inline(never)
    mutating func append(_ text: CString) {
        for index in 0..<min(text.count, 64) {
            append(byte: (0x20...0x7E).contains(text[index]) ? text[index] : 0x3F)
        }
    }

    mutating func append(_ number: Int64) {
        if number < 0 {
            append(byte: 0x2D)
        }
        append(decimal: number.magnitude)
    }

    mutating func append(_ number: Int) {
        append(Int64(number))
    }

    /// Appends `byte` as two hexadecimal digits.
    mutating func append(hexadecimal byte: UInt8) {
        append(digit: byte >> 4)
        append(digit: byte & 15)
    }

    /// Appends "EPERM, not permitted", or "errno 95".
    mutating func append(_ errno: Errno) {
        if let words = errno.words {
            append(words)
        } else {
            append("errno ")
            append(Int64(errno.number))
        }
    }

    borrowing func withBytes<R, E: Error>(
        _ body: (UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        let filled = count
        return try bytes.span.withUnsafeBytes { all throws(E) in
            try body(UnsafeRawBufferPointer(rebasing: all[..<filled]))
        }
    }

    /// Makes `name` in `directory` hold this text.
    borrowing func replaceFile(directory: CString, name: StaticString) throws(Errno) {
        try withBytes { bytes throws(Errno) in
            try SmallFile.replace(directory: directory, name: name, with: bytes)
        }
    }

    private mutating func append(digit: UInt8) {
        append(byte: digit < 10 ? 0x30 + digit : 0x57 + digit)
    }

    private mutating func append(decimal number: UInt64) {
        if number >= 10 {
            append(decimal: number / 10)
        }
        append(byte: 0x30 + UInt8(number % 10))
    }
}
