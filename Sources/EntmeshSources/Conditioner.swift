// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CZeroize
internal import Crypto
public import EntmeshNode

/// Turns tested raw samples into full entropy: the conditioning component (SP 800-90B 3.1.5).
///
/// SHA-512 is a vetted component. 64 bytes of output are claimed full, 512 bits, once the input
/// since the last output is claimed at 512 + 64 bits (SP 800-90C's rule for full entropy). Input
/// may come from several sources, each with its own claim.
///
/// Raw bytes are not kept: they go into the running hash, which is made to forget them.
public struct Conditioner: ~Copyable {
    /// Bytes in an output block.
    public static let outputByteCount = 64
    /// Claimed bits a block needs as input: its own 512 and 64 to spare.
    public static let inputBits = 8 * outputByteCount + 64

    static let neededMicrobits = inputBits * 1_000_000

    /// Raw bytes taken in since the last block.
    public private(set) var pendingByteCount = 0
    /// The claim that went into the last block made, in bits rounded down.
    public private(set) var lastInputBits = 0

    private var hash = SHA512()
    private(set) var pendingMicrobits = 0

    /// An empty conditioner.
    public init() {}

    /// The claim of what was taken in since the last block, in bits rounded down.
    public var pendingBits: Int { pendingMicrobits / 1_000_000 }

    /// How many bytes claimed at `claim` make a block, from nothing.
    public static func inputByteCount(claim: EntropyClaim) -> Int {
        byteCount(of: neededMicrobits, claim)
    }

    /// How many bytes claimed at `claim` the next block still needs; 0 when it can be made.
    public func missingByteCount(claim: EntropyClaim) -> Int {
        Self.byteCount(of: max(0, Self.neededMicrobits - pendingMicrobits), claim)
    }

    /// Takes in as many of `samples` as the next block needs, from the front.
    ///
    /// The samples must have passed the health tests of a source of which `claim` is claimed.
    ///
    /// - Returns: How many bytes were taken; the rest is for the block after this.
    public mutating func take(_ samples: UnsafeRawBufferPointer, claim: EntropyClaim) -> Int {
        let count = min(samples.count, missingByteCount(claim: claim))
        hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: samples[..<count]))
        pendingByteCount += count
        pendingMicrobits += count * claim.microbitsPerByte
        return count
    }

    /// Makes a block of full entropy, or nil while the claim of the input does not suffice.
    public mutating func makeBlock() -> Entropy? {
        guard pendingMicrobits >= Self.neededMicrobits else { return nil }
        let block = Entropy(
            byteCount: Self.outputByteCount, minEntropy: .full(byteCount: Self.outputByteCount)
        ) { write(to: $0) }
        lastInputBits = pendingBits
        startOver()
        return block
    }

    /// The bytes that are claimed at `microbits` or more, rounded up.
    private static func byteCount(of microbits: Int, _ claim: EntropyClaim) -> Int {
        (microbits + claim.microbitsPerByte - 1) / claim.microbitsPerByte
    }

    private mutating func startOver() {
        Forgetting.overwrite { hash.update(bufferPointer: $0) }
        hash = SHA512()
        pendingByteCount = 0
        pendingMicrobits = 0
    }

    private func write(to output: UnsafeMutableRawBufferPointer) {
        var digest = hash.finalize()
        digest.withUnsafeBytes { output.copyMemory(from: $0) }
        withUnsafeMutableBytes(of: &digest) { entmesh_wipe($0.baseAddress, $0.count) }
    }
}
