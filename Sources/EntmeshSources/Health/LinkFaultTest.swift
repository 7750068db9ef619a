// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

public import EntmeshNode

/// What is wrong with the entropy that a Node gives.
public enum LinkFault: String, Sendable {
    /// A byte that comes too often in a row: zeros, say.
    case stuck
    /// Something that came before.
    case repeated
}

/// Looks for what no working Node gives: the same byte again and again, the same block again.
///
/// What a Node gives is conditioned already, so the health tests of a noise source would tell
/// nothing of its sources. These tell that a program or a link between is broken.
public struct LinkFaultTest: Sendable {
    /// Blocks are looked at in pieces of this many bytes: the least that is given to a pool.
    private static let pieceByteCount = 32
    /// A shorter piece may come twice by chance, in bytes: 2^-64 a pair.
    private static let shortestPiece = 8
    /// Pieces that are remembered: a tank of 1 MiB. Of each 64 bits of a hash are kept, so that the
    /// chance of a false alarm is 2^-49 a piece.
    private static let remembered = 32_768

    private var repetition = RepetitionCountTest(cutoffs: EntropyClaim.full.repetitionCutoffs)
    private var fingerprints: [Int] = []
    private var known: Set<Int> = []
    private var oldest = 0

    /// A test that has seen nothing.
    public init() {}

    /// Takes the next block; returns what is wrong, if anything.
    public mutating func take(_ block: borrowing Entropy) -> LinkFault? {
        block.withBytes { bytes in
            isStuck(bytes) ? .stuck : isRepeated(bytes) ? .repeated : nil
        }
    }

    // The permanent cutoff: one false alarm in 2^60 bytes, and an operator has to look at it.
    private mutating func isStuck(_ bytes: UnsafeRawBufferPointer) -> Bool {
        for byte in bytes where repetition.take(byte) == .permanent { return true }
        return false
    }

    private mutating func isRepeated(_ bytes: UnsafeRawBufferPointer) -> Bool {
        for start in stride(from: 0, to: bytes.count, by: Self.pieceByteCount) {
            let end = min(start + Self.pieceByteCount, bytes.count)
            if hasSeen(UnsafeRawBufferPointer(rebasing: bytes[start..<end])) { return true }
        }
        return false
    }

    private mutating func hasSeen(_ piece: UnsafeRawBufferPointer) -> Bool {
        guard piece.count >= Self.shortestPiece else { return false }
        var hasher = Hasher()
        hasher.combine(bytes: piece)
        let fingerprint = hasher.finalize()
        guard known.insert(fingerprint).inserted else { return true }
        if fingerprints.count < Self.remembered {
            fingerprints.append(fingerprint)
        } else {
            known.remove(fingerprints[oldest])
            fingerprints[oldest] = fingerprint
            oldest = (oldest + 1) % Self.remembered
        }
        return false
    }
}
