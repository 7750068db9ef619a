// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CZeroize

/// The tested samples of one source that wait to be used, oldest first, and its raw ledger.
///
/// The youngest `heldBack` of them are never used: a defect that the tests find late takes those
/// with it. What is used or dropped is wiped here in the same call.
// @unchecked Sendable: part of the state behind one lock (`Monitor<SetState>`), and touched with it
// held only.
final class SampleStage: @unchecked Sendable {
    /// How many samples wait behind one before it may be used: as many as `LagTest` remembers, so
    /// that nothing the tests still know has been used.
    static let heldBack = LagTest.historyCount

    let claim: EntropyClaim
    private(set) var ledger = RawLedger()
    private let ring: UnsafeMutableRawBufferPointer
    private var head = 0
    private var count = 0

    /// - Parameter largestRead: how many samples come at once at most.
    init(claim: EntropyClaim, largestRead: Int) {
        self.claim = claim
        let block = Conditioner.inputByteCount(claim: claim)
        ring = .allocate(byteCount: Self.heldBack + block + largestRead, alignment: 16)
        ring.initializeMemory(as: UInt8.self, repeating: 0)
    }

    deinit {
        entmesh_wipe(ring.baseAddress, ring.count)
        ring.deallocate()
    }

    /// Samples that may be used.
    var usableCount: Int { max(0, count - Self.heldBack) }

    /// How many more samples fit.
    var room: Int { ring.count - count }

    /// How many samples are missing to what is kept ready: a block of this source alone.
    var missingCount: Int {
        max(0, Self.heldBack + Conditioner.inputByteCount(claim: claim) - count)
    }

    /// The claim of what may be used, in millionths of a bit.
    var usableMicrobits: Int { usableCount * claim.microbitsPerByte }

    // MARK: In

    /// Books `count` samples that were read and are being tested.
    func bookRead(_ count: Int) { ledger.bookRead(count) }

    /// Books `count` samples that were read and will not be used.
    func bookDropped(_ count: Int) { ledger.bookDropped(count) }

    /// Books `count` samples that went to an operator.
    func bookCaptured(_ count: Int) { ledger.bookCaptured(count) }

    /// Takes tested samples in, which were booked as read; drops what does not fit.
    func put(_ samples: UnsafeRawBufferPointer) {
        let fitting = min(samples.count, room)
        for index in 0..<fitting {
            ring[(head + count + index) % ring.count] = samples[index]
        }
        count += fitting
        ledger.bookDropped(samples.count - fitting)
    }

    /// Drops everything that waits.
    func drop() {
        ledger.bookDropped(count)
        entmesh_wipe(ring.baseAddress, ring.count)
        head = 0
        count = 0
    }

    // MARK: Out

    /// Moves the oldest `wanted` samples into `conditioner`, as far as it needs them.
    func give(_ wanted: Int, to conditioner: inout Conditioner) {
        var left = min(wanted, usableCount)
        while left > 0 {
            let length = min(left, ring.count - head)
            let piece = UnsafeMutableRawBufferPointer(rebasing: ring[head..<head + length])
            let taken = conditioner.take(UnsafeRawBufferPointer(piece), claim: claim)
            entmesh_wipe(piece.baseAddress, taken)
            head = (head + taken) % ring.count
            count -= taken
            ledger.bookConditioned(taken)
            guard taken == length else { return }
            left -= taken
        }
    }
}
