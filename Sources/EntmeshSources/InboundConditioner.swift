// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CZeroize
package import Crypto
public import EntmeshNode

/// Conditions what other Nodes give, so that nothing is ever passed on as it was received.
///
/// Each output block is a hash of a key, of the block's own number, and of what came in for it: so
/// what comes in twice does not come out twice. Credited bits add up to a block by the full-entropy
/// rule; mixed bytes go in beside them and count for nothing. What was mixed is blended into the
/// blocks of our own sources, too. No loop of peers can so bring the same bytes round.
public struct InboundConditioner: ~Copyable {
    private var key: SymmetricKey
    /// Ready for the next block: to key one anew takes longer than to hash a block.
    private var keyed: HMAC<SHA512>
    private var hash: HMAC<SHA512>
    private var pendingMicrobits = 0
    private var blockNumber: UInt64 = 0
    /// What all that was mixed has come to; nil until something was.
    private var blend: Blend?

    /// A conditioner with a key of its own, from the system's generator.
    public init() {
        self.init(key: SymmetricKey(size: .bits256))
    }

    /// A conditioner that starts with `key`: of one that has to replay, or of a test.
    package init(key: SymmetricKey) {
        self.key = key
        keyed = HMAC<SHA512>(key: key)
        hash = keyed
        begin()
    }

    /// Forgets what came in for a block that is not whole, and takes another key.
    public mutating func startOver() {
        key = SymmetricKey(size: .bits256)
        keyed = HMAC<SHA512>(key: key)
        blend = nil
        forget()
        begin()
    }

    /// Adds `entropy` without credit.
    public mutating func mix(_ entropy: consuming Entropy) {
        entropy.withBytes { hash.update(data: $0) }
        var blend = self.blend ?? Blend(key: key)
        blend.stir(entropy)
        self.blend = blend
    }

    /// Adds `entropy` with the credit it claims, spread evenly over its bytes, but `most` a byte at
    /// most; hands each block of full entropy that it completes to `deposit`.
    public mutating func credit(
        _ entropy: consuming Entropy, atMost most: EntropyClaim = .full,
        deposit: (consuming Entropy) -> Void
    ) {
        let count = entropy.byteCount
        let claim = min(entropy.minEntropy.bits * 1_000_000, count * most.microbitsPerByte)
        entropy.withBytes { bytes in
            var (taken, credited) = (0, 0)
            while taken < count {
                // Up to the byte with which the block is whole, or to the end.
                let goal = credited + Conditioner.neededMicrobits - pendingMicrobits
                let end = goal < claim ? (goal * count + claim - 1) / claim : count
                hash.update(data: bytes[taken..<end])
                pendingMicrobits += claim * end / count - credited
                (taken, credited) = (end, claim * end / count)
                if pendingMicrobits >= Conditioner.neededMicrobits { deposit(makeBlock()) }
            }
        }
    }

    /// Adds to a block of our own what was mixed: it is worth what it was, whoever mixed what.
    public mutating func blended(_ block: consuming Entropy) -> Entropy {
        guard var blend else { return block }
        defer { self.blend = blend }
        return blend.applied(to: block)
    }

    private mutating func makeBlock() -> Entropy {
        let size = Conditioner.outputByteCount
        let block = Entropy(byteCount: size, minEntropy: .full(byteCount: size)) { output in
            hash.write(to: output)
        }
        forget()
        blockNumber += 1
        begin()
        return block
    }

    private mutating func forget() {
        Forgetting.overwrite { hash.update(data: $0) }
        hash = keyed
        pendingMicrobits = 0
    }

    private mutating func begin() {
        hash.update(data: Use.block.label)
        withUnsafeBytes(of: blockNumber) { hash.update(data: $0) }
    }
}

/// What a code is made for: two with the same input are not the same.
private enum Use: UInt8 {
    case block, key, stream

    var label: [UInt8] { [rawValue] }
}

/// A stream made of all that was mixed so far, under the conditioner's key: added bit by bit to
/// blocks that do not depend on it, it takes nothing from them and keeps what peers gave.
private struct Blend {
    private var keyed: HMAC<SHA512>
    private var number: UInt64 = 0

    init(key: SymmetricKey) {
        keyed = HMAC<SHA512>(key: key)
    }

    /// Goes on to a key that depends on `entropy` and on all before.
    mutating func stir(_ entropy: borrowing Entropy) {
        var hash = keyed
        hash.update(data: Use.key.label)
        entropy.withBytes { hash.update(data: $0) }
        withUnsafeTemporaryAllocation(
            byteCount: Conditioner.outputByteCount, alignment: 16
        ) { next in
            hash.write(to: next)
            keyed = HMAC<SHA512>(key: SymmetricKey(data: next))
            entmesh_wipe(next.baseAddress, next.count)
        }
        Forgetting.overwrite { hash.update(data: $0) }
    }

    mutating func applied(to block: consuming Entropy) -> Entropy {
        let claim = block.minEntropy
        return Entropy(byteCount: block.byteCount, minEntropy: claim) { output in
            block.withBytes { output.copyMemory(from: $0) }
            for start in stride(from: 0, to: output.count, by: Conditioner.outputByteCount) {
                add(to: UnsafeMutableRawBufferPointer(rebasing: output[start...]))
            }
        }
    }

    private mutating func add(to output: UnsafeMutableRawBufferPointer) {
        var hash = keyed
        hash.update(data: Use.stream.label)
        withUnsafeBytes(of: number) { hash.update(data: $0) }
        number += 1
        withUnsafeTemporaryAllocation(
            byteCount: Conditioner.outputByteCount, alignment: 16
        ) { stream in
            hash.write(to: stream)
            for index in 0..<min(stream.count, output.count) { output[index] ^= stream[index] }
            entmesh_wipe(stream.baseAddress, stream.count)
        }
        Forgetting.overwrite { hash.update(data: $0) }
    }
}

extension HMAC<SHA512> {
    /// Writes the code of what came in so far, and keeps no copy of it.
    fileprivate func write(to output: UnsafeMutableRawBufferPointer) {
        var code = finalize()
        code.withUnsafeBytes { output.copyMemory(from: $0) }
        withUnsafeMutableBytes(of: &code) { entmesh_wipe($0.baseAddress, $0.count) }
    }
}
