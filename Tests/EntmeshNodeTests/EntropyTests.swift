// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshNode
import Testing

@Suite("Entropy")
struct EntropyTests {
    private static let claims: [(claimed: Int, kept: Int)] = [
        (255, 255), (256, 256), (257, 256), (.max, 256), (0, 0), (-1, 0),
    ]

    @Test("keeps a claim up to eight bits a byte and cuts what is above", arguments: claims)
    func claimIsCut(claimed: Int, kept: Int) {
        let entropy = Entropy(byteCount: 32, minEntropy: MinEntropy(bits: claimed)) { _ in }
        let bits = entropy.minEntropy.bits
        #expect(bits == kept)
    }

    @Test("shows its filler zeroed memory of the size asked for")
    func fillerSeesZeros() {
        var seen: [UInt8] = []
        let entropy = Entropy(byteCount: 5, minEntropy: .none) { storage in
            seen = Array(storage)
            storage[4] = 9
        }
        #expect(seen == [0, 0, 0, 0, 0])
        let bytes = entropy.withBytes { Array($0) }
        #expect(bytes == [0, 0, 0, 0, 9])
    }

    @Test("passes on what its filler throws, and leaks nothing (address sanitizer)")
    func fillerThrows() {
        struct DeviceGone: Error, Equatable {}
        #expect(throws: DeviceGone()) {
            let entropy = try Entropy(byteCount: 4096, minEntropy: .none) {
                storage throws(DeviceGone) in
                storage[0] = 1
                throw DeviceGone()
            }
            _ = entropy.byteCount
        }
    }

    @Test("lends its bytes to a body that throws")
    func bodyThrows() {
        struct Refused: Error, Equatable {}
        let entropy = Entropy(byteCount: 1, minEntropy: .none) { _ in }
        var caught: Refused?
        do throws(Refused) {
            try entropy.withBytes { (_) throws(Refused) in throw Refused() }
        } catch {
            caught = error
        }
        #expect(caught == Refused())
    }

    @Test("copies the bytes it is given and leaves the original alone")
    func copies() {
        var original: [UInt8] = [1, 2, 3]
        let entropy = Entropy(copying: original.span.bytes, minEntropy: MinEntropy(bits: 20))
        original[0] = 7
        let (bytes, bits) = (entropy.withBytes { Array($0) }, entropy.minEntropy.bits)
        #expect(bytes == [1, 2, 3])
        #expect(bits == 20)
    }

    @Test("may be of no bytes at all", arguments: [0, -1])
    func empty(byteCount: Int) {
        let entropy = Entropy(byteCount: byteCount, minEntropy: MinEntropy(bits: 8)) { _ in }
        let (size, bits) = (entropy.byteCount, entropy.minEntropy.bits)
        #expect(size == 0)
        #expect(bits == 0)
    }

    @Test("orders claims by their bits")
    func claimsAreOrdered() {
        #expect(MinEntropy.none < MinEntropy(bits: 1))
        #expect(MinEntropy(bits: 8) == MinEntropy.full(byteCount: 1))
        #expect(!(MinEntropy(bits: 9) < MinEntropy(bits: 9)))
    }
}
