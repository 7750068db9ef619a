// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

public import EntmeshNode

/// A limit on bytes over time: `burst` at once, `rate` a second in the long run.
public struct TokenBucket: Equatable, Sendable {
    /// What a bucket allows.
    public struct Allowance: Equatable, Sendable {
        /// More bytes at once than this are as good as no limit, and would not fit the arithmetic.
        private static let largestBurst = 1 << 32

        /// Bytes a second.
        public let rate: Int
        /// Bytes at once, after a pause.
        public let burst: Int

        public init(rate: Int, burst: Int) {
            self.rate = max(1, rate)
            self.burst = min(max(1, burst), Self.largestBurst)
        }

        /// A guest with the agent.
        public static let agent = Allowance(rate: 64, burst: 512)
        /// No limit that anybody would meet, not even an equal share: the host's own pool, another
        /// host.
        public static let generous = Allowance(rate: 1 << 30, burst: 1 << 30)
    }

    /// What it allows now; changing it keeps the level.
    public var allowance: Allowance
    private var tokens: Int64
    private var filled: Moment

    private static let unitsAByte: Int64 = 1_000_000
    /// A longer pause counts as this long: a debt is at most a block, which a day pays.
    private static let longestPause = TimeSpan.seconds(86_400)

    /// A full bucket.
    public init(_ allowance: Allowance, now: Moment) {
        self.allowance = allowance
        tokens = Int64(allowance.burst) * Self.unitsAByte
        filled = now
    }

    /// When `byteCount` bytes may be taken; never later for waiting longer.
    ///
    /// More than the burst is allowed once the bucket is full: the debt is paid afterwards.
    public mutating func availableAt(_ byteCount: Int, now: Moment) -> Moment {
        refill(now)
        let wanted = Int64(min(byteCount, allowance.burst)) * Self.unitsAByte
        guard tokens < wanted else { return now }
        // A rate in bytes a second is one in tokens a microsecond; a part of one counts as whole.
        let rate = Int64(allowance.rate)
        let microseconds = (wanted - tokens - 1) / rate + 1
        let (nanoseconds, overflow) = microseconds.multipliedReportingOverflow(by: 1000)
        return now + TimeSpan(nanoseconds: overflow ? .max : nanoseconds)
    }

    /// Takes `byteCount` bytes.
    public mutating func take(_ byteCount: Int, now: Moment) {
        refill(now)
        tokens -= Int64(byteCount) * Self.unitsAByte
    }

    private mutating func refill(_ now: Moment) {
        guard now > filled else { return }
        let elapsed = (now - filled).nanoseconds
        let full = Int64(allowance.burst) * Self.unitsAByte
        let (gained, overflow) = (min(elapsed, Self.longestPause.nanoseconds) / 1000)
            .multipliedReportingOverflow(by: Int64(allowance.rate))
        tokens = overflow ? full : min(full, tokens + min(gained, full - min(tokens, full)))
        // What is shorter than a microsecond is kept for the next time.
        filled = Moment(nanoseconds: now.nanoseconds - elapsed % 1000)
    }
}
