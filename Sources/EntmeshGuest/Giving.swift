// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConnection
internal import EntmeshNode

/// What the kernel's pool gives to its host with `--give`: how much it has to give, whether the
/// host asks for it, and when the next block is due.
///
/// It handles no bytes and has no clock. A modern pool gives from a budget of one block a minute;
/// an old one what its count is above the bits that peers put in and that were given. Without a
/// Peer nothing is ever due.
struct Giving: Sendable {
    /// The host as a taker, while it is connected.
    private var peer: Peer?
    // Until then a block that was refused is not followed by another; the pause after the next.
    private var backsOffUntil = Moment(nanoseconds: .min)
    private var pause = GuestConstants.firstGivingPause
    // When a modern pool's budget holds a block again.
    private var budgetFills = Moment(nanoseconds: .min)
    // How much of an old pool's count is not its own to give, in bits.
    private var withheldBits = 0
    /// Bytes given, and acknowledged as delivered.
    private(set) var byteCount: Int64 = 0

    /// The host introduced itself as `hello`.
    mutating func opened(_ hello: Hello) {
        peer = Peer(hello: hello)
    }

    /// The connection ended. The budget, the count and the back-off outlive it.
    mutating func ended() {
        peer = nil
    }

    /// The host announced `level`.
    mutating func received(_ level: FillLevel) {
        peer?.received(level)
    }

    /// A peer put `bits` bits into an old pool: they are in its count, and not to be given back.
    mutating func tookIn(bits: Int) {
        withheldBits += bits
    }

    /// When the next block is due; nil while the host asks for none or one is on its way.
    ///
    /// - Parameters:
    ///   - bits: the kernel's count if the pool is old, its size if it is modern; nil while the
    ///     generator is not ready.
    ///   - poolBits: the pool's size.
    @inline(never)
    mutating func nextBlock(bits: Int?, of poolBits: Int, now: Moment) -> Moment? {
        guard var asking = peer, asking.inFlight == 0, let bits else { return nil }
        withheldBits = min(withheldBits, bits)
        let own = bits - withheldBits
        let available =
            own < 8 * Wire.poolBlock
            ? FillLevel.empty : FillLevel(amount: Int64(own), of: Int64(poolBits))
        asking.compare(own: available, ownKind: .pool)
        // Ahead of time this is a forecast: the request begins once there is something to give.
        if now >= budgetFills {
            peer = asking
        }
        return asking.isRequesting ? max(budgetFills, backsOffUntil) : nil
    }

    /// A block is on its way: pays for it.
    mutating func sent(from poolBits: Int, now: Moment) {
        peer?.sent(byteCount: Wire.poolBlock)
        if poolBits > 8 * Wire.poolBlock {
            withheldBits += 8 * Wire.poolBlock
        } else {
            budgetFills = now + GuestConstants.givingInterval
            // The budget is empty, and with it ends the request.
            peer?.compare(own: .empty, ownKind: .pool)
        }
    }

    /// What became of the block on its way.
    mutating func settled(delivered: Bool, now: Moment) {
        peer?.acknowledged(byteCount: Wire.poolBlock, delivered: delivered)
        if delivered {
            byteCount += Int64(Wire.poolBlock)
            pause = GuestConstants.firstGivingPause
            return
        }
        backsOffUntil = now + pause
        pause = min(
            TimeSpan(nanoseconds: pause.nanoseconds * 2), GuestConstants.longestGivingPause)
    }
}
