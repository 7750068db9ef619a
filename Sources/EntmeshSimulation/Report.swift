// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// What came of one run.
package struct Report: Codable, Sendable {
    /// Equal hosts, taken together.
    package struct Hosts: Codable, Sendable {
        package let name: String
        package let count: Int
        package let tankBytes: Int
        /// At the end, in percent.
        package let lowestLevel: Int
        package let medianLevel: Int
        /// In bytes, over all of them: into M, acknowledged by somebody, lost.
        package let received: UInt64
        package let delivered: UInt64
        package let discarded: UInt64
        /// From each host's lowest level to `refilled-at`, where it was below that and came back.
        package let refillMedianSeconds: Double?
        package let refillWorstSeconds: Double?
        /// How many fell below and did not come back.
        package let notRefilled: Int
        /// Host-seconds with an empty tank.
        package let emptySeconds: Double
    }

    /// Equal guests of equal hosts, taken together; those that lied are apart.
    package struct Guests: Codable, Sendable {
        /// The group of their hosts.
        package let hosts: String
        package let count: Int
        /// What went into their pools, in bytes: all together, the median, the least.
        package let bytes: UInt64
        package let medianBytes: UInt64
        package let leastBytes: UInt64
        /// How evenly it was spread: 1 for evenly.
        package let jainIndex: Double
        /// From a guest's boot to its first block.
        package let firstBlockMedianSeconds: Double?
        package let firstBlockP99Seconds: Double?
        package let firstBlockWorstSeconds: Double?
        /// How many never got one.
        package let neverFed: Int
        /// Guest-seconds at level 0 while connected.
        package let starvedSeconds: Double
        /// How many lied, and what each of them got in the median, in bytes.
        package let liars: Int
        package let liarMedianBytes: UInt64
    }

    /// Equal hosts' own pools.
    package struct Pools: Codable, Sendable {
        package let hosts: String
        package let count: Int
        /// At the end, in percent.
        package let lowestLevel: Int
        package let medianLevel: Int
        /// In bytes: what they gave to M, and took from it.
        package let given: UInt64
        package let taken: UInt64
    }

    /// How often one kind of fault struck.
    package struct Fault: Codable, Sendable {
        package let kind: FaultKind
        package let count: UInt64
    }

    package private(set) var version = 1
    package let scenario: String
    package let seed: UInt64
    package let simulatedSeconds: Double
    package let steps: UInt64
    package let connections: UInt64
    package let blocksToGuests: UInt64
    /// Pieces of 32 bytes that were transmitted, none of them twice.
    package let pieces: Int
    package let hosts: [Hosts]
    package let guests: [Guests]
    package let pools: [Pools]
    package let faults: [Fault]
    /// What did not hold; nil if all did.
    package let broken: BrokenInvariant?
}
