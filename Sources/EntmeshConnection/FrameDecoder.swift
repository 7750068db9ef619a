// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CZeroize
internal import EntmeshNode

/// Collects one frame at a time from a stream of bytes.
///
/// The buffer is as large as the largest frame this peer may send and never grows; the length is
/// checked before a byte of the payload is taken. The payload is wiped when the next frame begins.
struct FrameDecoder: ~Copyable {
    /// What the bytes so far amount to.
    enum Progress {
        /// More bytes are needed.
        case incomplete
        /// A whole frame: its type, and its version as the header says.
        case frame(type: UInt8, version: UInt8)
        /// A whole frame of a skippable type went by.
        case skipped
        /// Not a frame of this protocol, or longer than this peer may send.
        case malformed
    }

    // A public type owns the memory: Embedded Swift cannot see a deinit of an internal one from
    // the module that ends a Connection.
    private let memory: HeapStorage
    private let longestTransfer: Int
    private var filled = 0
    private var skipping = 0

    /// A decoder for a peer whose entropy blocks are at most `largestBlock` bytes; 0 for none.
    init(largestBlock: Int) {
        longestTransfer = largestBlock > 0 ? Wire.transferHeaderByteCount + largestBlock : 0
        let longest = max(Wire.longestControlPayload, longestTransfer)
        memory = HeapStorage(byteCount: Wire.headerByteCount + longest)
    }

    /// Whether a frame has begun and is not whole.
    var isMidFrame: Bool { filled > 0 || skipping > 0 }

    /// Takes bytes from `offset` on until a frame is whole, moving `offset` past what it took.
    ///
    /// After `.frame`, the payload can be borrowed until `finishFrame()`.
    mutating func take(_ bytes: RawSpan, offset: inout Int) -> Progress {
        if skipping > 0 {
            return skip(bytes, &offset)
        }
        copy(bytes, &offset, upTo: Wire.headerByteCount)
        guard filled >= Wire.headerByteCount else {
            return headerCouldBeRight ? .incomplete : .malformed
        }
        guard headerCouldBeRight, payloadLength > 0 else { return .malformed }
        if type >= Wire.firstSkippableType {
            skipping = payloadLength
            filled = 0
            return skip(bytes, &offset)
        }
        let longest = type == MessageType.transfer ? longestTransfer : Wire.longestControlPayload
        guard payloadLength <= longest else { return .malformed }
        copy(bytes, &offset, upTo: Wire.headerByteCount + payloadLength)
        guard filled == Wire.headerByteCount + payloadLength else { return .incomplete }
        return .frame(type: type, version: storage[2])
    }

    /// Decodes the whole frame that `take` reported.
    borrowing func message() -> Message? {
        let payload = UnsafeRawBufferPointer(
            rebasing: storage[Wire.headerByteCount..<Wire.headerByteCount + payloadLength])
        return Message(type: type, payload: payload.bytes)
    }

    /// Wipes the frame and makes room for the next.
    mutating func finishFrame() {
        entmesh_wipe(storage.baseAddress, filled)
        filled = 0
    }

    private var storage: UnsafeMutableRawBufferPointer { memory.bytes }
    private var type: UInt8 { storage[3] }
    private var payloadLength: Int { Int(storage[4]) << 8 | Int(storage[5]) }

    // Judges the part of the header that is there, so that a stranger is turned away early.
    private var headerCouldBeRight: Bool {
        (filled < 1 || storage[0] == UInt8(Wire.magic >> 8))
            && (filled < 2 || storage[1] == UInt8(Wire.magic & 0xFF))
            && (filled < 3 || storage[2] > 0)
            && (filled < 8 || (storage[6] == 0 && storage[7] == 0))
    }

    private mutating func copy(_ bytes: RawSpan, _ offset: inout Int, upTo target: Int) {
        let count = min(target - filled, bytes.byteCount - offset)
        guard count > 0 else { return }
        let destination = UnsafeMutableRawBufferPointer(rebasing: storage[filled...])
        bytes.extracting(offset..<offset + count).withUnsafeBytes {
            destination.copyMemory(from: $0)
        }
        filled += count
        offset += count
    }

    private mutating func skip(_ bytes: RawSpan, _ offset: inout Int) -> Progress {
        let count = min(skipping, bytes.byteCount - offset)
        skipping -= count
        offset += count
        return skipping == 0 ? .skipped : .incomplete
    }
}
