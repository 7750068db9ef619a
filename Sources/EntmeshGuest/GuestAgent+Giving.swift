// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConnection
internal import EntmeshLinux
internal import EntmeshNode

// What the pool gives to the host: `--give`. It is output of the kernel's generator.
extension GuestAgent where Device: ~Copyable {
    // When a block is due for the host; nil for not as things are.
    @inline(never)
    mutating func nextGift(now: Moment) -> Moment? {
        // Until a clone has taken in what no other has, they would all give the same.
        guard settings.gives, !mayBeClone, generationDue == nil else { return nil }
        let bits: Int? =
            !pool.isReady() ? nil : pool.era == .old ? pool.availableBits() : pool.poolBits
        return giving.nextBlock(bits: bits, of: pool.poolBits, now: now)
    }

    // Only when everything said before is out: the last receipt, if the host gives too.
    mutating func give(now: Moment, bootTime: Moment) {
        guard wire.isEmpty, let due = nextGift(now: now), due <= now else { return }
        announce(.transferBegins, bootTime: bootTime)
        giving.sent(from: pool.poolBits, now: now)
        if let block = pool.draw(byteCount: Wire.poolBlock),
            connection.send(block, now: now, into: &wire) != nil
        {
            return
        }
        giving.settled(delivered: false, now: now)
    }

    mutating func settle(_ receipt: Receipt, now: Moment) {
        giving.settled(delivered: receipt.outcome.isDelivery, now: now)
        isRecordStale = true
    }
}
