// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshLibvirt
internal import EntmeshNode

/// How the node stands with libvirt.
struct LibvirtView {
    enum State: String {
        case off, connecting, connected, lost
    }

    var state = State.off
    var lastError: String?
    var lostSince: Moment?
    var hasConnected = false
    /// Rises with everything that is learnt of a domain.
    private(set) var revision: UInt64 = 0
    /// The look at all domains that is under way on the account of guests at the door.
    var look: Look?
    /// CIDs that a look did not find, and when.
    private var misses: [UInt32: Moment] = [:]

    /// A look at all domains.
    struct Look {
        /// The revision at which it began.
        let revision: UInt64
        let task: Task<Result<[Domain], HypervisorError>, Never>

        func domains() async throws(HypervisorError) -> [Domain] {
            try await task.value.get()
        }
    }

    /// How long a CID that was not found is not looked for again: what starts in that time is
    /// learnt from its event.
    private static let missLife = TimeSpan.seconds(1)

    var isConnected: Bool { state == .connected }

    /// Something was learnt: the new revision.
    mutating func advance() -> UInt64 {
        revision &+= 1
        return revision
    }

    /// Whether `cid` was looked for in vain a moment ago.
    func wasMissed(_ cid: UInt32, now: Moment) -> Bool {
        misses[cid].map { now - $0 < Self.missLife } ?? false
    }

    /// `cid` was not found.
    mutating func miss(_ cid: UInt32, now: Moment) {
        misses = misses.filter { now - $0.value < Self.missLife }
        misses[cid] = now
    }
}
