// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import EntmeshMesh
import EntmeshNode

/// One guest of a simulation: what its agent would do, or what an abuser does instead.
final class SimulatedGuest {
    enum Manner: Equatable {
        /// An agent as it should be.
        case polite
        /// An agent that mixes without credit.
        case mixing
        /// Says 0 and 1 in turns, so often a second, whatever it is given.
        case flooding(messagesASecond: Int)
        /// Never ready, always at 0.
        case neverReady
        /// A clone every minute, always at 0.
        case alwaysCloned
        /// Takes a block and does not acknowledge it.
        case silent
        /// Its kernel refuses everything.
        case refusing
    }

    let id: PeerID
    let manner: Manner
    let poolCapacity: UInt32
    var terms: Terms
    /// Whether it exists for the mesh.
    var isAdmitted = false

    var isConnected = false
    /// Which of its connections this is: what was under way on an older one is lost.
    var connection = 0
    var isReady: Bool
    var freshness: Freshness
    /// What it announced last on this connection.
    var announced: FillLevel?
    /// Bytes sent to it and not acknowledged.
    var inFlight = 0

    /// Bytes it acknowledged, over all accounts.
    var servedBytes = 0
    /// When its request began, while there is one.
    var requestedAt: Moment?
    /// From each request to its receipt, in seconds.
    var waits: [Double] = []
    /// When it took its last block.
    var lastServed: Moment?

    init(id: PeerID, manner: Manner, horizon: TimeSpan, poolCapacity: UInt32, isReady: Bool) {
        self.id = id
        self.manner = manner
        self.poolCapacity = poolCapacity
        self.isReady = isReady
        terms = Terms()
        freshness = Freshness(horizon: horizon)
    }

    var isHonest: Bool { manner == .polite || manner == .mixing }

    func hello(_ occasion: Hello.Occasion) -> Hello {
        switch manner {
        case .neverReady: .pool(capacity: .max, isReady: false, occasion: occasion)
        case .alwaysCloned: .pool(capacity: .max, occasion: .transportReset)
        case .mixing: .pool(capacity: poolCapacity, occasion: occasion, accepts: .mix)
        default: .pool(capacity: poolCapacity, isReady: isReady, occasion: occasion)
        }
    }

    func level(_ now: Moment) -> FillLevel {
        guard isHonest else { return .empty }
        return isReady || manner == .mixing ? freshness.level(bootTime: now) : .empty
    }

    /// What it answers to a block of `byteCount` bytes; nil for silence.
    func outcome(of byteCount: Int, now: Moment) -> Receipt.Outcome? {
        switch manner {
        case .polite:
            let wasReady = isReady
            if byteCount >= Wire.poolBlock {
                freshness.injected(bootTime: now)
                isReady = true
            }
            return wasReady ? .reseeded : .seeded
        case .mixing:
            freshness.injected(bootTime: now)
            return .mixed
        case .flooding, .neverReady, .alwaysCloned: return .deferred
        case .silent: return nil
        case .refusing: return .failed
        }
    }
}
