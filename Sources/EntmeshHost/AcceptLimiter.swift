// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshMesh
internal import EntmeshNode

/// Ten connections a second from one address, and a bounded number of addresses remembered.
struct AcceptLimiter {
    /// Whence a connection comes.
    enum Address: Hashable {
        case cid(UInt32)
        case name(String)
    }

    private static let allowance = TokenBucket.Allowance(rate: 10, burst: 10)
    private static let mostAddresses = 8192

    private var buckets: [Address: TokenBucket] = [:]

    /// Whether one more connection from `address` may be taken at `now`.
    mutating func admit(_ address: Address, now: Moment) -> Bool {
        if buckets.count >= Self.mostAddresses { buckets.removeAll() }
        var bucket = buckets[address] ?? TokenBucket(Self.allowance, now: now)
        let isAllowed = bucket.availableAt(1, now: now) <= now
        if isAllowed { bucket.take(1, now: now) }
        buckets[address] = bucket
        return isAllowed
    }
}
