// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshNode
internal import EntmeshThreads

/// What all sources of a set know together; everything in it changes under one lock.
struct SetState: Sendable {
    /// The sources, in the order in which they joined.
    private(set) var members: [(id: SourceID, state: RunnerState)] = []
    /// How many conditioned bytes were made since the start.
    private(set) var madeByteCount: UInt64 = 0
    /// The least claim that ever went into a block, in bits; nil before the first.
    private(set) var leastInputBits: Int?
    /// How often everything was to start over.
    private(set) var startOvers: UInt64 = 0
    /// How many conditioned bytes may be made in all.
    private var allowedByteCount: UInt64 = 0
    private var isStopping = false

    // MARK: Members

    mutating func join(_ id: SourceID, _ state: RunnerState) {
        var state = state
        if isStopping { state.stop() }
        members.append((id, state))
    }

    mutating func leave(_ id: SourceID) {
        _ = with(id) { $0.end() }
        members.removeAll { $0.id == id }
    }

    /// Lets `body` read and change what is known of the source `id`; nil when it has left.
    mutating func with<Result>(_ id: SourceID, _ body: (inout RunnerState) -> Result) -> Result? {
        guard let index = members.firstIndex(where: { $0.id == id }) else { return nil }
        return body(&members[index].state)
    }

    // MARK: The owner's side

    mutating func allow(upTo total: UInt64) {
        allowedByteCount = total
    }

    mutating func startOver() {
        startOvers += 1
        for index in members.indices { members[index].state.requestStartOver() }
    }

    mutating func stop() {
        isStopping = true
        for index in members.indices { members[index].state.stop() }
    }

    // MARK: The threads' side

    /// What the thread of the source `id` is to do at `now`.
    mutating func nextJob(_ id: SourceID, now: Moment) -> Monitor<SetState>.Step<RunnerState.Job> {
        let (wanted, canMake) = (wantedBlocks, canMakeBlock)
        return with(id) { $0.nextJob(wantedBlocks: wanted, canMakeBlock: canMake, now: now) }
            ?? .done(.stop)
    }

    private var wantedBlocks: Int {
        let missing = allowedByteCount > madeByteCount ? allowedByteCount - madeByteCount : 0
        return Int(clamping: missing) / Conditioner.outputByteCount
    }

    private var canMakeBlock: Bool {
        guard !isStopping, wantedBlocks > 0 else { return false }
        return members.reduce(0) { $0 + $1.state.stage.usableMicrobits }
            >= Conditioner.neededMicrobits
    }

    /// Makes a block, if one is wanted and there are samples for it: from all the sources that have
    /// some, in equal parts of what is claimed of them as far as they go.
    ///
    /// A source that has little gives what it has, and one that has nothing holds nobody up. What
    /// one gives counts by its own claim, so a block is never short of what the others gave.
    ///
    /// - Returns: The block, and how often everything had started over when it was made.
    mutating func makeBlock() -> MadeBlock? {
        guard canMakeBlock else { return nil }
        var conditioner = Conditioner()
        var givers = members.map(\.state.stage).filter { $0.usableCount > 0 }
        // Those who have least first: what they lack of their part is for the others.
        givers.sort { $0.usableMicrobits < $1.usableMicrobits }
        for (index, stage) in givers.enumerated() {
            let missing = Conditioner.neededMicrobits - conditioner.pendingMicrobits
            let part = missing / (givers.count - index)
            let perByte = stage.claim.microbitsPerByte
            stage.give((part + perByte - 1) / perByte, to: &conditioner)
        }
        guard let entropy = conditioner.makeBlock() else { return nil }
        madeByteCount += UInt64(Conditioner.outputByteCount)
        leastInputBits = min(leastInputBits ?? .max, conditioner.lastInputBits)
        return MadeBlock(entropy: entropy, startOvers: startOvers)
    }
}

/// The name of a source within its set, which outlives a change of what the operator calls it.
struct SourceID: Hashable, Sendable {
    let number: UInt64
}

/// A block on its way to the tank.
struct MadeBlock: ~Copyable {
    let entropy: Entropy
    let startOvers: UInt64

    /// Hands it over.
    consuming func hand(to deliver: (consuming Entropy, UInt64) -> Void) {
        let count = startOvers
        deliver(entropy, count)
    }
}
