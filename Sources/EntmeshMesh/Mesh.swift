// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

public import EntmeshConnection
public import EntmeshNode

/// One Node with many Peers: who gets what next.
///
/// Classes first, then deficit round-robin over the open requests of a class; within a class the
/// level opens and closes a request but does not rank it. Nobody gets more than a bucket of its own
/// allows, nor, unless the tank is full, more than an equal share of what comes in. No IO and no clock: the owner tells it
/// what happened and asks `next` until there is nothing to do. The same code decides in the daemon
/// and in the simulator.
public struct Mesh: Sendable {
    /// What to do next.
    public enum Decision: Equatable, Sendable {
        /// Draw a block of `byteCount` bytes and send it to `peer`; it is booked as in flight.
        case transfer(to: PeerID, byteCount: Int)
        /// Nothing now; ask again at `until`, or when something happens.
        case rest(until: Moment?)
    }

    /// How many bytes a peer may get before the next peer's turn.
    private static let quantum = Wire.poolBlock
    /// A tank that lacks less than this is full: its feeds bring blocks of this size.
    public static let feedBlock = 64

    private let ownKind: NodeKind
    private let ownCapacity: Int
    private var own = FillLevel.empty
    private var accounts: [PeerID: Account] = [:]
    private var queues = [RoundRobin](repeating: RoundRobin(), count: ServiceClass.allCases.count)
    private var watch = LevelWatch()
    private var timers = TimerQueue()
    private var supply = SupplyShare()
    private var takers = 0
    /// Who waits for its share to come to so much: the "moments" are units of it.
    private var shares = TimerQueue()

    /// A mesh around a node of `capacity` bytes.
    public init(ownKind: NodeKind, capacity: Int) {
        self.ownKind = ownKind
        ownCapacity = capacity
    }

    // MARK: Who there is

    /// Opens an account for `id`, or changes the terms of the one there is.
    public mutating func admit(_ id: PeerID, terms: Terms, now: Moment) {
        if accounts[id] == nil {
            accounts[id] = Account(terms: terms, now: now)
        } else {
            accounts[id]?.terms = terms
            accounts[id]?.bucket.allowance = terms.allowance
            reconsider(id, now: now)
        }
    }

    /// Closes the account; returns the bytes that were in flight to it.
    public mutating func forget(_ id: PeerID) -> Int {
        let lost = ended(id)
        accounts[id] = nil
        return lost
    }

    /// What `id` was given so far.
    public func totals(of id: PeerID) -> PeerTotals { accounts[id]?.totals ?? PeerTotals() }
    /// What the connection of `id` knows of it; nil when there is none.
    public func peer(_ id: PeerID) -> Peer? { accounts[id]?.peer }
    /// Whether a mark waits for a block on `id`.
    public func isMarked(_ id: PeerID) -> Bool { accounts[id]?.isMarked ?? false }
    /// Until when `id` gets nothing because it refused a block; nil when it did not.
    public func backOff(of id: PeerID, now: Moment) -> Moment? {
        guard let account = accounts[id], account.backOff != nil, account.notBefore > now else {
            return nil
        }
        return account.notBefore
    }

    // MARK: What happened

    /// `id` has a connection now, and said `hello` on it. The one before it, if any, has `ended`.
    public mutating func opened(_ id: PeerID, hello: Hello, now: Moment) {
        accounts[id]?.opened(hello)
        reconsider(id, now: now)
    }

    /// The connection of `id` ended; returns the bytes that were in flight on it.
    public mutating func ended(_ id: PeerID) -> Int {
        guard var account = accounts[id] else { return 0 }
        let lost = account.ended()
        move(id, &account, to: nil)
        watch(id, &account, at: nil)
        count(&account)
        accounts[id] = account
        return lost
    }

    /// `id` announced `level`.
    public mutating func heard(_ level: FillLevel, from id: PeerID, now: Moment) {
        accounts[id]?.heard(level, now: now)
        reconsider(id, now: now)
    }

    /// `id` says whether its generator is ready.
    public mutating func heard(isReady: Bool, from id: PeerID, now: Moment) {
        accounts[id]?.isReady = isReady
        reconsider(id, now: now)
    }

    /// `id` acknowledged a block of `byteCount` bytes.
    public mutating func acknowledged(
        _ receipt: Receipt, byteCount: Int, by id: PeerID, now: Moment
    ) {
        accounts[id]?.acknowledged(receipt, byteCount: byteCount, now: now)
        reconsider(id, now: now)
    }

    /// Overrides the level of `id` with 0 until a block sent from now on is acknowledged.
    ///
    /// - Parameter renewsFirstClass: whether this is a start or restore that libvirt reported.
    public mutating func mark(_ id: PeerID, renewsFirstClass: Bool, now: Moment) {
        accounts[id]?.mark()
        if renewsFirstClass { accounts[id]?.firstClass.renew() }
        reconsider(id, now: now)
    }

    /// libvirt reported that `id` started: it may be served first again.
    public mutating func started(_ id: PeerID, now: Moment) {
        accounts[id]?.firstClass.renew()
        accounts[id]?.tryAgain()
        reconsider(id, now: now)
    }

    // MARK: What to do

    /// Decides the next transfer.
    ///
    /// - Parameters:
    ///   - own: our level now.
    ///   - available: how many bytes can be drawn now.
    public mutating func next(own: FillLevel, available: Int, now: Moment) -> Decision {
        moveOwnLevel(to: own, now: now)
        supply.look(resident: available, takers: takers, at: now)
        wakeWhoIsDue(now)
        guard own > .empty, available >= Wire.poolBlock else { return rest }
        for serviceClass in ServiceClass.allCases {
            if let decision = serve(serviceClass, available: available, now: now) {
                return decision
            }
        }
        if ownKind == .source || ownCapacity - available < Self.feedBlock {
            return serveSurplus(available: available, now: now) ?? rest
        }
        return rest
    }

    // MARK: Who is looked at again

    private mutating func moveOwnLevel(to level: FillLevel, now: Moment) {
        guard level != own else { return }
        let concerned = watch.takeCrossed(from: own, to: level)
        own = level
        for id in concerned {
            accounts[id]?.watched = nil
            reconsider(id, now: now)
        }
    }

    private mutating func wakeWhoIsDue(_ now: Moment) {
        while let id = timers.popDue(now) {
            // An entry from before a sooner one was made.
            if let wakesAt = accounts[id]?.wakesAt, wakesAt > now { continue }
            accounts[id]?.wakesAt = nil
            reconsider(id, now: now)
        }
        while let id = shares.popDue(Moment(nanoseconds: supply.granted)) {
            if let goal = accounts[id]?.waitsForShare, goal > supply.granted { continue }
            accounts[id]?.waitsForShare = nil
            reconsider(id, now: now)
        }
    }

    private var rest: Decision {
        let share = shares.next.flatMap { supply.reaches($0.nanoseconds) }
        guard let timer = timers.next, let share else { return .rest(until: timers.next ?? share) }
        return .rest(until: min(timer, share))
    }

    private mutating func count(_ account: inout Account) {
        guard account.isTaker != account.mayTake else { return }
        account.isTaker = account.mayTake
        takers += account.isTaker ? 1 : -1
    }

    // Compares levels anew and puts the peer in the queue where it belongs now, if in any.
    private mutating func reconsider(_ id: PeerID, now: Moment) {
        guard var account = accounts[id] else { return }
        account.peer?.compare(own: own, ownKind: ownKind, marked: account.isMarked)
        if !(account.peer?.isRequesting ?? false) { account.deficit = 0 }
        let wants = account.nextBlock(own: own, ownCapacity: ownCapacity) > 0
        move(id, &account, to: wants ? account.serviceClass(now: now) : nil)
        let mark = account.peer.flatMap {
            LevelWatch.Mark(of: $0, ownKind: ownKind, marked: account.isMarked)
        }
        watch(id, &account, at: mark)
        count(&account)
        accounts[id] = account
    }

    private mutating func watch(
        _ id: PeerID, _ account: inout Account, at mark: LevelWatch.Mark?
    ) {
        guard account.watched != mark else { return }
        if let watched = account.watched { watch.remove(id, at: watched) }
        if let mark { watch.add(id, at: mark) }
        account.watched = mark
    }

    private mutating func move(_ id: PeerID, _ account: inout Account, to target: ServiceClass?) {
        guard account.queued != target else { return }
        if let queued = account.queued { queues[queued.rawValue].remove(id) }
        if let target { queues[target.rawValue].append(id) }
        account.queued = target
    }

    // MARK: Turns

    /// Serves the head of one class's queue; nil when nobody in it can be served.
    private mutating func serve(
        _ serviceClass: ServiceClass, available: Int, now: Moment
    ) -> Decision? {
        while let id = queues[serviceClass.rawValue].first, var account = accounts[id] {
            let turn = turn(of: &account, in: serviceClass, available: available, now: now)
            switch turn {
            case .nothing:
                move(id, &account, to: nil)
            case .wait(let until):
                move(id, &account, to: nil)
                wake(id, &account, at: until)
            case .waitForShare(let goal):
                move(id, &account, to: nil)
                park(id, &account, until: goal)
            case .move(let target):
                move(id, &account, to: target)
                accounts[id] = account
                // The allowance has recovered: that queue was looked at before.
                if target < serviceClass,
                    let decision = serve(target, available: available, now: now)
                {
                    return decision
                }
                continue
            case .again:
                move(id, &account, to: nil)
                move(id, &account, to: serviceClass)
            case .give(let byteCount):
                book(byteCount, &account, serviceClass, now)
                move(id, &account, to: nil)
                accounts[id] = account
                reconsider(id, now: now)
                return .transfer(to: id, byteCount: byteCount)
            }
            accounts[id] = account
        }
        return nil
    }

    // Serves whoever waits for its share, while the tank has no room for what would come in.
    private mutating func serveSurplus(available: Int, now: Moment) -> Decision? {
        while let id = shares.popDue(Moment(nanoseconds: .max)) {
            guard var account = accounts[id], account.waitsForShare != nil else { continue }
            account.waitsForShare = nil
            account.share.allow(account.nextBlock(own: own, ownCapacity: ownCapacity))
            accounts[id] = account
            reconsider(id, now: now)
            if let decision = serve(.ordinary, available: available, now: now) { return decision }
        }
        return nil
    }

    private mutating func wake(_ id: PeerID, _ account: inout Account, at moment: Moment) {
        // One timer a peer, whatever it says in the meantime.
        if let wakesAt = account.wakesAt, wakesAt <= moment { return }
        account.wakesAt = moment
        timers.add(id, at: moment)
    }

    private mutating func park(_ id: PeerID, _ account: inout Account, until goal: Int64) {
        if let waitsForShare = account.waitsForShare, waitsForShare <= goal { return }
        account.waitsForShare = goal
        shares.add(id, at: Moment(nanoseconds: goal))
    }

    private enum Turn: Equatable {
        /// Another round, with more of a deficit to spend.
        case again
        /// It belongs elsewhere.
        case move(to: ServiceClass)
        /// Its bucket is empty, or it refused a block a while ago.
        case wait(until: Moment)
        /// It has had its share of the supply.
        case waitForShare(until: Int64)
        /// Our level has fallen since, and its window with it.
        case nothing
        /// This many bytes.
        case give(Int)
    }

    private func turn(
        of account: inout Account, in serviceClass: ServiceClass, available: Int, now: Moment
    ) -> Turn {
        let rightful = account.serviceClass(now: now)
        guard rightful == serviceClass else { return .move(to: rightful) }
        guard account.notBefore <= now else { return .wait(until: account.notBefore) }
        var wanted = account.nextBlock(own: own, ownCapacity: ownCapacity)
        guard wanted > 0 else { return .nothing }
        if serviceClass < .ordinary {
            wanted = min(wanted, account.firstClass.byteCount(now: now))
        } else {
            let moment = account.bucket.availableAt(wanted, now: now)
            guard moment <= now else { return .wait(until: moment) }
            if let goal = account.shortOfShare(wanted, supply: supply) {
                return .waitForShare(until: goal)
            }
        }
        let block = min(wanted, available / Wire.poolBlock * Wire.poolBlock)
        if account.deficit < block {
            account.deficit += Self.quantum
        }
        return account.deficit >= block ? .give(block) : .again
    }

    private mutating func book(
        _ byteCount: Int, _ account: inout Account, _ serviceClass: ServiceClass, _ now: Moment
    ) {
        account.deficit = max(0, account.deficit - byteCount)
        account.sent(byteCount)
        supply.gave(byteCount)
        if serviceClass < .ordinary {
            account.firstClass.take(byteCount, now: now)
        } else {
            account.bucket.take(byteCount, now: now)
            account.share.take(byteCount)
        }
    }
}
