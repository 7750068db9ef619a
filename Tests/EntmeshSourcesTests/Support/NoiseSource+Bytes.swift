// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshSources

extension NoiseSource where Self: ~Copyable {
    /// One read of at most `count` samples.
    mutating func read(_ count: Int) throws(NoiseSourceError) -> [UInt8] {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
        defer { buffer.deallocate() }
        buffer.initializeMemory(as: UInt8.self, repeating: 0xEE)
        let got = try read(into: buffer)
        return Array(buffer[..<got])
    }

    /// Why a read gives nothing; nil if it gives something.
    mutating func failure(ofReading count: Int) -> NoiseSourceError? {
        do throws(NoiseSourceError) {
            _ = try read(count)
            return nil
        } catch {
            return error
        }
    }
}
