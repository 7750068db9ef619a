// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

public import EntmeshNode

/// What one end of a Connection knows of the other as a taker of entropy, and whether the other
/// has an Entropy Transfer Request outstanding.
///
/// A request is never a message: it is the result of comparing two levels (the seed, "Entropy
/// Transfer Requests"). "Significantly different" is decided here and nowhere else.
public struct Peer: Sendable {
    /// What the peer is.
    public let kind: NodeKind
    /// Its capacity in bytes, as claimed.
    public let capacity: Int
    /// Whether it only mixes what we send.
    public let mixesOnly: Bool

    /// The level it announced last on this connection; nil until it has.
    public private(set) var announced: FillLevel?
    /// Whether its request is outstanding.
    public private(set) var isRequesting = false
    /// Bytes on their way to it.
    public private(set) var inFlight = 0

    // Bytes acknowledged since the last announcement, as far as they can be there still: had they
    // raised the level, it would have been announced before their receipts. A buffer that is drained
    // while it is fed would else seem fuller with every block.
    private var acceptedSince = 0
    private var nextReceiptIsInLevel = false

    /// The peer that `hello` describes.
    public init(hello: Hello) {
        kind = hello.kind
        capacity = Int(hello.capacity)
        mixesOnly = hello.accepts == .mix
    }

    /// The peer announced `level`.
    public mutating func received(_ level: FillLevel) {
        announced = level
        acceptedSince = 0
        nextReceiptIsInLevel = inFlight > 0
    }

    /// A block of `byteCount` bytes is on its way to it.
    public mutating func sent(byteCount: Int) {
        inFlight += byteCount
    }

    /// A block of `byteCount` bytes was acknowledged.
    public mutating func acknowledged(byteCount: Int, delivered: Bool) {
        inFlight = max(0, inFlight - byteCount)
        if delivered && !nextReceiptIsInLevel {
            acceptedSince = min(acceptedSince + byteCount, max(0, capacity - 1) / 100)
        }
        nextReceiptIsInLevel = false
    }

    /// The level to decide by: what a pool announced; of a buffer also what it must have by now.
    public var estimatedLevel: FillLevel? {
        guard let announced, kind != .pool, !mixesOnly else { return announced }
        let added = inFlight + acceptedSince
        guard added > 0 else { return announced }
        let held = Int64(announced.percent) * Int64(capacity) / 100 + Int64(added)
        return FillLevel(amount: held, of: Int64(capacity))
    }

    /// Compares the levels anew; call when either moved. `marked` overrides the peer's with 0.
    public mutating func compare(own: FillLevel, ownKind: NodeKind, marked: Bool = false) {
        let level = marked ? FillLevel.empty : estimatedLevel
        guard let level else {
            isRequesting = false
            return
        }
        isRequesting = isSignificant(own, ownKind, above: level)
    }

    private func isSignificant(
        _ own: FillLevel, _ ownKind: NodeKind, above level: FillLevel
    ) -> Bool {
        if ownKind == .source {
            return level < .full
        }
        if kind == .pool && level == .empty {
            return own > .empty
        }
        let least = isRequesting ? Wire.requestEnds : Wire.requestBegins
        return own.points(above: level) >= least
    }

    /// How many bytes the next block should have, given ours; 0 when the window is full.
    ///
    /// - Parameters:
    ///   - own: our level.
    ///   - ownCapacity: our capacity in bytes.
    ///   - ownKind: what we are; a source has nothing that could flow back.
    public func nextBlock(
        own: FillLevel, ownCapacity: Int, ownKind: NodeKind = .buffer
    ) -> Int {
        if kind == .pool || mixesOnly {
            return inFlight > 0 ? 0 : poolBlock
        }
        guard let estimatedLevel, capacity > 0 else { return 0 }
        let least = ownKind == .source ? Wire.poolBlock : 0
        let gap = max(0, own.points(above: estimatedLevel))
        let window = max(least, windowByteCount(gap: gap, ownCapacity: ownCapacity))
        return min(
            max(0, window - inFlight) / Wire.poolBlock * Wire.poolBlock, Wire.largestBufferBlock)
    }

    // A modern pool takes 256 bits; an old one in proportion to what it lacks.
    private var poolBlock: Int {
        guard !mixesOnly, let announced else { return Wire.poolBlock }
        let lacking = min(capacity, Wire.largestPoolBlock) * (100 - Int(announced.percent)) / 100
        return max(Wire.poolBlock, lacking / Wire.poolBlock * Wire.poolBlock)
    }

    // A quarter of the gap, in bytes of the smaller tank: neither large nor tiny tanks slosh. Where
    // that is less than a block, one block if it is at most half the gap: what then is moved cannot
    // leave the receiver above the giver.
    private func windowByteCount(gap: Int, ownCapacity: Int) -> Int {
        let smaller = min(capacity, ownCapacity)
        let half = smaller / 100 * gap / 2 + smaller % 100 * gap / 200
        let quarter = half / 2 / Wire.poolBlock * Wire.poolBlock
        return quarter > 0
            ? min(quarter, Wire.largestWindow)
            : min(half, Wire.poolBlock) / Wire.poolBlock * Wire.poolBlock
    }
}
