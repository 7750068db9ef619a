// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConnection

/// What a test breaks on purpose, to see it found.
package enum Defect: Sendable {
    /// A ledger is a byte short.
    case losesAByte
    /// A receipt is not booked.
    case forgetsAReceipt
    /// A block goes out that went out before.
    case sendsABlockTwice
    /// A level goes out that was the last.
    case repeatsALevel
    /// A guest believes on a new connection what was proven on the last.
    case trustsTheLastConnection
    /// A frame is broken, and no fault did it.
    case breaksAFrame
    /// Nobody dials again.
    case staysAway
}

extension Simulation {
    /// Gives what was encoded the defect, if there is one to be found.
    func spoil(_ bytes: [UInt8], from end: LinkEnd) -> [UInt8] {
        guard let defect else { return bytes }
        var spoilt = bytes
        Frame.forEach(in: bytes) { type, range in
            switch (defect, type) {
            case (.sendsABlockTwice, Frame.transfer):
                let block = range.lowerBound + Frame.blockOffset..<range.upperBound
                if let lastPiece, lastPiece.count == block.count {
                    spoilt.replaceSubrange(block, with: lastPiece)
                }
                lastPiece = Array(bytes[block])
            case (.repeatsALevel, Frame.level):
                spoilt[range.upperBound - 1] = end.levelWritten ?? spoilt[range.upperBound - 1]
            case (.trustsTheLastConnection, Frame.level):
                if end.life > 1, end.levelWritten == nil { spoilt[range.upperBound - 1] = 50 }
            case (.breaksAFrame, Frame.level): spoilt[range.lowerBound] = 0
            default: break
            }
        }
        return spoilt
    }
}
