// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConnection
internal import EntmeshNode

/// Whom a step of our own level concerns: every peer stands at the one level at which its request
/// would begin or end, so that a step costs nothing for all the others.
struct LevelWatch: Sendable {
    /// The level at which a request changes.
    enum Mark: Equatable, Sendable {
        /// It begins when ours rises to this many percent.
        case rise(to: Int)
        /// It ends when ours falls to this many percent.
        case fall(to: Int)
    }

    private static let levelCount = Int(FillLevel.full.percent) + 1

    private var rising = [RoundRobin](repeating: RoundRobin(), count: levelCount)
    private var falling = [RoundRobin](repeating: RoundRobin(), count: levelCount)

    mutating func add(_ peer: PeerID, at mark: Mark) {
        switch mark {
        case .rise(let percent): rising[percent].append(peer)
        case .fall(let percent): falling[percent].append(peer)
        }
    }

    mutating func remove(_ peer: PeerID, at mark: Mark) {
        switch mark {
        case .rise(let percent): rising[percent].remove(peer)
        case .fall(let percent): falling[percent].remove(peer)
        }
    }

    /// Removes and returns everybody a step from `before` to `after` concerns.
    ///
    /// Requests that only an empty tank ends are left alone when it runs empty: nothing is given
    /// then anyway, and a tank that lives from hand to mouth would turn over all of them for every
    /// block that comes in.
    mutating func takeCrossed(from before: FillLevel, to after: FillLevel) -> [PeerID] {
        var crossed: [PeerID] = []
        if after > before {
            for percent in Int(before.percent) + 1...Int(after.percent) {
                rising[percent].removeAll(into: &crossed)
            }
        } else {
            for percent in max(1, Int(after.percent))..<max(1, Int(before.percent)) {
                falling[percent].removeAll(into: &crossed)
            }
        }
        return crossed
    }
}

extension LevelWatch.Mark {
    /// Where our level would change the request of `peer`, as compared last; nil if nowhere.
    ///
    /// Found by asking: what is significant is decided in `Peer` and nowhere else. It never takes
    /// a higher level of ours to end a request, so halving finds the step.
    init?(of peer: Peer, ownKind: NodeKind, marked: Bool) {
        var low = Int(FillLevel.empty.percent) - 1
        var high = Int(FillLevel.full.percent) + 1
        while high - low > 1 {
            let middle = (low + high) / 2
            var probe = peer
            probe.compare(
                own: FillLevel(amount: Int64(middle), of: Int64(FillLevel.full.percent)),
                ownKind: ownKind, marked: marked)
            if probe.isRequesting { high = middle } else { low = middle }
        }
        if peer.isRequesting {
            guard low >= Int(FillLevel.empty.percent) else { return nil }
            self = .fall(to: low)
        } else {
            guard high <= Int(FillLevel.full.percent) else { return nil }
            self = .rise(to: high)
        }
    }
}
