// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CEntmeshLinux

/// Files of /proc and /sys, and the agent's own: read into and written from fixed memory.
public enum SmallFile {
    /// Reads the start of the file at `path`, as much as fits; returns how many bytes that was.
    public static func read(
        path: StaticString, into buffer: UnsafeMutableRawBufferPointer
    ) throws(Errno) -> Int {
        try read(directory: nil, name: path, into: buffer)
    }

    /// Reads the start of `name` in `directory`.
    public static func read(
        directory: CString?, name: StaticString,
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(Errno) -> Int {
        try Errno.check(
            entmesh_file_read(
                directory?.pointer, CString(name).pointer, buffer.baseAddress, buffer.count))
    }

    /// Makes `name` in `directory` hold `bytes`: a reader sees the old content or the new, whole.
    ///
    /// Mode 0644; follows no symbolic link (rename(2)).
    public static func replace(
        directory: CString, name: StaticString, with bytes: UnsafeRawBufferPointer
    ) throws(Errno) {
        _ = try Errno.check(
            entmesh_file_replace(
                directory.pointer, CString(name).pointer, bytes.baseAddress, bytes.count))
    }

    /// Makes the directory `path` with mode 0755, unless it exists (mkdir(2)).
    public static func makeDirectory(_ path: CString) throws(Errno) {
        _ = try Errno.check(entmesh_directory_make(path.pointer))
    }

    /// The decimal number the file at `path` begins with, or nil.
    public static func number(path: StaticString) -> Int? {
        var text = InlineArray<24, UInt8>(repeating: 0)
        var span = text.mutableSpan
        return span.withUnsafeMutableBytes { buffer in
            do throws(Errno) {
                let count = try read(path: path, into: buffer)
                return number(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            } catch {
                return nil
            }
        }
    }

    /// The decimal number that `text` begins with, or nil.
    @inline(never)
    public static func number(_ text: UnsafeRawBufferPointer) -> Int? {
        var value: Int?
        for byte in text {
            guard (0x30...0x39).contains(byte) else { break }
            let (scaled, tooLarge) = (value ?? 0).multipliedReportingOverflow(by: 10)
            guard !tooLarge, scaled <= Int.max - 9 else { return nil }
            value = scaled + Int(byte - 0x30)
        }
        return value
    }
}
