// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CZeroize
internal import Crypto
public import EntmeshNode

/// Conditions what other Nodes give, so that nothing is ever passed on as it was received.
///
/// Each output block is a hash of a key, of the block's own number, and of what came in for it: so
/// what comes in twice does not come out twice. Credited bits add up to a block by the full-entropy
/// rule; mixed bytes go in beside them and count for nothing. No loop of peers can so bring the same
/// bytes round.
public struct InboundConditioner: ~Copyable {
    private var key: SymmetricKey
    private var hash: HMAC<SHA512>
    private var creditedBits = 0
    private var blockNumber: UInt64 = 0

    /// A conditioner with a key of its own, from the system's generator.
    public init() {
        self.init(key: SymmetricKey(size: .bits256))
    }

    init(key: SymmetricKey) {
        self.key = key
        hash = HMAC<SHA512>(key: key)
        begin()
    }

    /// Forgets what came in for a block that is not whole, and takes another key.
    public mutating func startOver() {
        key = SymmetricKey(size: .bits256)
        forget()
        begin()
    }

    /// Adds `entropy` without credit.
    public mutating func mix(_ entropy: consuming Entropy) {
        entropy.withBytes { hash.update(data: $0) }
    }

    /// Adds `entropy` with the credit it claims; returns a block of full entropy once the claims
    /// suffice for one.
    public mutating func credit(_ entropy: consuming Entropy) -> Entropy? {
        creditedBits += entropy.minEntropy.bits
        mix(entropy)
        guard creditedBits >= Conditioner.inputBits else { return nil }
        let size = Conditioner.outputByteCount
        let block = Entropy(byteCount: size, minEntropy: .full(byteCount: size)) { write(to: $0) }
        forget()
        blockNumber += 1
        begin()
        return block
    }

    private mutating func forget() {
        Forgetting.overwrite { hash.update(data: $0) }
        hash = HMAC<SHA512>(key: key)
        creditedBits = 0
    }

    private mutating func begin() {
        withUnsafeBytes(of: blockNumber) { hash.update(data: $0) }
    }

    private func write(to output: UnsafeMutableRawBufferPointer) {
        var code = hash.finalize()
        code.withUnsafeBytes { output.copyMemory(from: $0) }
        withUnsafeMutableBytes(of: &code) { entmesh_wipe($0.baseAddress, $0.count) }
    }
}
