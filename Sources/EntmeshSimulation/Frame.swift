// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConnection

/// The frames in what an encoder wrote (docs/protocol.md, "Frames"), for those who look on.
enum Frame {
    static let level: UInt8 = 0x02
    static let transfer: UInt8 = 0x03
    /// Where an entropy block's bytes begin.
    static let blockOffset = Wire.headerByteCount + Wire.transferHeaderByteCount

    /// How long the frame that begins at `offset` is, header and all; at most what there is.
    static func byteCount(of bytes: [UInt8], at offset: Int) -> Int {
        guard offset + Wire.headerByteCount <= bytes.count else { return bytes.count - offset }
        let payload = Int(bytes[offset + 4]) << 8 | Int(bytes[offset + 5])
        return min(Wire.headerByteCount + payload, bytes.count - offset)
    }

    /// Calls `body` with the type, the start and the end of each frame.
    static func forEach(in bytes: [UInt8], _ body: (UInt8, Range<Int>) -> Void) {
        var offset = 0
        while offset + Wire.headerByteCount <= bytes.count {
            let size = byteCount(of: bytes, at: offset)
            body(bytes[offset + 3], offset..<offset + size)
            offset += size
        }
    }
}
