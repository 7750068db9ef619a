// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConfig
internal import EntmeshConnection
internal import EntmeshControl
internal import EntmeshLibvirt
internal import EntmeshMesh
internal import EntmeshNode

/// One guest, or the host's own pool.
final class GuestRecord: PeerRecord {
    /// Why a guest's announced level is overridden with 0.
    enum MarkCause {
        case restored, reverted, reset, reseedAsked, unseen, hostSlept, hostRestored

        /// How much it says of the guest's memory: a cause that says less does not take the place
        /// of one that still waits for its block.
        var weight: Int {
            switch self {
            case .restored, .reverted, .reset: 3
            case .hostSlept, .hostRestored: 2
            case .unseen: 1
            case .reseedAsked: 0
            }
        }

        /// As the note says it: "restored, reseeded".
        var words: String {
            switch self {
            case .restored: "restored"
            case .reverted: "reverted"
            case .reset: "reset"
            case .reseedAsked: "reseed asked"
            case .unseen: "libvirt was away"
            case .hostSlept: "host slept"
            case .hostRestored: "host restored"
            }
        }
    }

    /// A mark, and whether a block sent after it was acknowledged.
    struct Mark {
        var cause: MarkCause
        /// When its level was taken for 0.
        var since: Moment
        /// Whether it belongs to an operation whose reseed is in the ledger already.
        var isBooked = false
        var outcome: Receipt.Outcome?
    }

    /// Where we know it from.
    enum Origin {
        /// libvirt: it is gone when libvirt says so.
        case libvirt
        /// The configuration, or the socket it dials: always taken to run.
        case fixed
    }

    /// How its agent reaches us.
    enum Transport: String {
        /// AF_VSOCK: the CID names the machine, the source port says that the agent had privilege.
        case vsock
        /// A UNIX socket of its VMM: its path names the machine, no source port is seen.
        case unixGuest = "unix"
        /// The UNIX socket of the host's own pool: the kernel says that uid 0 dialled.
        case ownPool = "own-pool"
    }

    let origin: Origin
    var domain: Domain
    /// `LibvirtView.revision` when something was last learnt of it.
    var revision: UInt64 = 0
    /// Whether libvirt still knows it; its counters are kept when it does not.
    var isDefined = true
    /// What it is granted.
    var settings = GuestSettings()
    /// How the latest connection came in.
    var transport = Transport.vsock
    var status: PoolStatus?
    var mark: Mark?
    /// When the restore or revert under way was first heard of.
    var operationBegan: Moment?
    var reseedWaiters: [ReseedWaiter] = []
    /// How often a mark was lifted, and the last time; what the ledger keeps.
    var reseedCount: UInt64 = 0
    var lastReseed: LedgerEntry.Reseed?
    /// When a block was last acknowledged, in seconds since 1970.
    var lastServed: Int64?

    init(peer: PeerID, origin: Origin, domain: Domain) {
        self.origin = origin
        self.domain = domain
        super.init(peer: peer)
    }

    override var name: String { domain.name }
    override var configuredTrust: InboundTrust { settings.trust }

    // A buffer is given more at once than a pool: that is nothing for a guest to ask for.
    override func mayBe(_ hello: Hello) -> Bool {
        hello.kind == .pool || transport == .ownPool
    }

    var isSwitchedOff: Bool { !settings.isFed }

    /// Whether there is a machine to feed.
    var isActive: Bool { origin == .fixed || domain.isActive }
}

/// Somebody who waits for a guest's next receipt.
struct ReseedWaiter {
    let id: UInt64
    /// When it took the guest's level for 0.
    let asked: Moment
    let answer: CheckedContinuation<ReseedOutcome, Never>
}

/// How an operator's reseed ended.
enum ReseedOutcome: Sendable {
    /// Answered, so long after the level was taken for 0.
    case receipt(Receipt, after: TimeSpan)
    case notConnected
    case disconnected
    case tankEmpty
    case noAnswer
    case notSent
    case takesNothing
    case switchedOff

    var words: String {
        switch self {
        case .receipt(let receipt, _): receipt.words
        case .notConnected: "not connected"
        case .disconnected: "disconnected before it answered"
        case .tankEmpty: "tank empty"
        case .noAnswer: "no answer"
        case .notSent: "its share is used up for now; try again in a minute"
        case .takesNothing: "takes nothing"
        case .switchedOff: "switched off by configuration"
        }
    }

    var succeeded: Bool {
        if case .receipt(let receipt, _) = self { receipt.outcome.isDelivery } else { false }
    }
}

extension Receipt.Outcome {
    var words: String {
        switch self {
        case .seeded: "seeded"
        case .reseeded: "reseeded"
        case .deferred: "reseed deferred"
        case .mixed: "mixed"
        case .accepted: "accepted"
        case .discarded: "discarded"
        case .failed: "failed"
        }
    }
}

extension Receipt {
    /// The outcome, with the errno's name if it failed.
    var words: String {
        outcome == .failed ? "failed: \(errorName(errorNumber))" : outcome.words
    }
}
