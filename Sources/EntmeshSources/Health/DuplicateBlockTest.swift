// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// The duplicate block test: a read that gives what the read before it gave, to the last sample.
///
/// That is what a driver does that hands out its buffer again, or a device that hangs. A block is
/// what one read gave; how long it must be for a coincidence to be out of the question follows from
/// the claim. Of the block before only 64 bits of a hash with a key of this process are kept: what
/// was used cannot be had back from them.
struct DuplicateBlockTest: Sendable {
    private let cutoffs: AlarmCutoffs
    private var last: (count: Int, fingerprint: Int)?

    /// A test that has seen nothing; `cutoffs` are lengths.
    init(cutoffs: AlarmCutoffs) {
        self.cutoffs = cutoffs
    }

    /// Takes the next block, and returns the level of alarm that it is, if any.
    mutating func take(_ block: UnsafeRawBufferPointer) -> AlarmLevel? {
        var hasher = Hasher()
        hasher.combine(bytes: block)
        let current = (block.count, hasher.finalize())
        defer { last = current }
        guard let last, last == current else { return nil }
        if block.count >= cutoffs.permanent { return .permanent }
        return block.count >= cutoffs.intermittent ? .intermittent : nil
    }
}
