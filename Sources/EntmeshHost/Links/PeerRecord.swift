// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConnection
internal import EntmeshMesh
internal import EntmeshNode
internal import EntmeshSources

/// One Peer of M, whatever it is: what outlives its connections.
class PeerRecord {
    /// A block that was acknowledged.
    struct Delivery {
        let outcome: Receipt.Outcome
        /// On CLOCK_BOOTTIME, so that the age counts while the host sleeps.
        let bootTime: Moment
    }

    let peer: PeerID
    var link: Link?
    var hasEverConnected = false
    var hello: Hello?
    /// The level it announced last, and when, on CLOCK_BOOTTIME.
    var heard: (level: FillLevel, at: Moment)?
    var lastDelivery: Delivery?
    /// Whether a block was acknowledged on the live connection.
    var isFedOnLink = false
    var lastRefusal: Receipt?
    var lastClose: CloseReason?
    /// How fresh what it gave is, where that is only mixed in.
    var mixed = Freshness(horizon: Freshness.defaultHorizon)
    /// What it gave, in bytes, whatever was made of it.
    var receivedByteCount: UInt64 = 0
    private var faultTest = LinkFaultTest()
    /// What was wrong with what it gave: nothing more is taken of it until an operator says so.
    private(set) var fault: LinkFault?

    init(peer: PeerID) {
        self.peer = peer
    }

    /// What it is called, for people.
    var name: String { "" }
    /// What it is, for people.
    var kind: String { "guest" }
    /// What the configuration says is done with what it gives.
    var configuredTrust: InboundTrust { .refuse }
    /// The most that is credited of what it gives.
    var creditAtMost: EntropyClaim { .full }
    /// Whether it is given anything at all.
    var isGiven: Bool { true }
    /// Whether it may be what `hello` says it is.
    func mayBe(_ hello: Hello) -> Bool { true }

    /// What is done with what it gives.
    final var trust: InboundTrust { fault == nil ? configuredTrust : .refuse }

    /// Takes note of a block that it gave; whether it may be used.
    final func examine(_ block: borrowing Entropy) -> Bool {
        receivedByteCount += UInt64(block.byteCount)
        fault = fault ?? faultTest.take(block)
        return fault == nil
    }

    /// An operator says that what it gives is good again.
    final func resetFault() {
        fault = nil
        faultTest = LinkFaultTest()
    }
}
