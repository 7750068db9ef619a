// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

package import EntmeshConnection
package import EntmeshMesh
package import EntmeshNode

/// What a scenario file describes: hosts, guests, links, and what goes wrong.
package struct Scenario: Sendable {
    /// A number of equal hosts.
    package struct HostGroup: Sendable {
        package var name = ""
        package var count = 1
        /// The size of M, in bytes.
        package var tank = 64 * 1024
        /// How full M is at the start, in percent; after a crash it is empty.
        package var start = 0
        /// What the source makes, in bytes a second; nil for none.
        package var source: Int?
        package var pool: Pool?
        package var guests = GuestGroup()
    }

    /// A 512-byte stand-in for a host's own kernel pool, which takes and gives.
    package struct Pool: Sendable {
        /// What it gathers by itself, in bytes a second.
        package var gathers = 0
        /// What is drawn from it, in bytes a second, and when.
        package var uses = 0
        package var usesFrom = TimeSpan.seconds(0)
        package var usesFor = TimeSpan(nanoseconds: .max)
        /// Whether it gives what it gathered to M.
        package var gives = true
    }

    /// A number of equal guests of one host.
    package struct GuestGroup: Sendable {
        package var count = 0
        package var trust = InboundTrust.credit
        /// Whether their generators are ready when they boot.
        package var isReady = true
        /// They boot evenly within this time.
        package var bootWithin = TimeSpan.seconds(1)
        /// How many more there are that always claim to be not ready.
        package var liars = 0
        package var allowance = TokenBucket.Allowance.agent
    }

    /// Links between the hosts of two groups.
    package struct LinkGroup: Sendable {
        /// Places in `hosts`.
        package var from = 0
        package var to = 0
        /// What `to` does with what `from` sends, and the other way round.
        package var forth = InboundTrust.mix
        package var back = InboundTrust.refuse
        /// How many of `from` each of `to` is linked with; nil for all.
        package var each: Int?
        package var latency = TimeSpan.milliseconds(1)
    }

    /// How often one kind of fault strikes.
    package struct FaultRate: Sendable {
        package let kind: FaultKind
        /// In the whole simulation, on average.
        package let perHour: Int
    }

    package var name = ""
    package var duration = TimeSpan.seconds(3600)
    /// How often levels are written down.
    package var sample = TimeSpan.seconds(10)
    /// In percent: from what level on a tank counts as refilled.
    package var refilledAt = 90
    package var hosts: [HostGroup] = []
    package var links: [LinkGroup] = []
    package var faults: [FaultRate] = []
    /// No fault strikes in so much of the end. If it is long enough, everybody must have recovered.
    package var calm = TimeSpan.seconds(0)
    /// How many kinds of fault a run of full length must see to count.
    package var leastFaultKinds = 0

    /// A scenario without hosts.
    package init() {}
}
