// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

public import EntmeshNode
internal import EntmeshThreads
internal import Synchronization

/// All noise sources of a tank. What they give is conditioned together: each block of full entropy
/// draws on every healthy source that has samples ready.
///
/// Each source has a thread of its own, and keeps enough tested samples ready for a block, so that
/// the slow ones are in the blocks too. A source that fails takes only its own samples with it.
public final class SourceSet: Sendable {
    private let shared = Monitor(SetState())
    private let nextID = Atomic<UInt64>(0)
    private let deliver: @Sendable (consuming Entropy, UInt64) -> Void

    /// - Parameter deliver: Called on the thread of some source with each block of 64 bytes, claimed
    ///   full, and with how often `startOver` had been called when it was made. While it runs that
    ///   source waits.
    public init(deliver: @escaping @Sendable (consuming Entropy, UInt64) -> Void) {
        self.deliver = deliver
    }

    deinit {
        stop()
    }

    /// Takes `source` over and starts it.
    ///
    /// - Parameter stateChanged: Called on the source's thread with each state it enters. Not called
    ///   for `stalled` while a read hangs, as the thread hangs with it: `status()` tells.
    public func add<S: NoiseSource & ~Copyable>(
        _ source: consuming sending S, claim: EntropyClaim, limits: SourceLimits = SourceLimits(),
        stateChanged: @escaping @Sendable (SourceState) -> Void = { _ in }
    ) throws(SourceRunner.Failure) -> SourceRunner {
        let id = SourceID(number: nextID.wrappingAdd(1, ordering: .relaxed).newValue)
        return try SourceRunner(
            source, id: id, shared: shared, claim: claim, limits: limits,
            hooks: SourceHooks(deliver: deliver, stateChanged: stateChanged))
    }

    /// Lets blocks be made until there were `total` bytes of them since the start.
    ///
    /// An absolute count, so that it does not matter which blocks are on their way meanwhile.
    public func allow(upTo total: UInt64) {
        shared.change { $0.allow(upTo: total) }
    }

    /// Forgets all samples that wait, and has every source run its start-up test again, on demand
    /// (SP 800-90B section 4.3); no effect on a source that has failed.
    public func startOver() {
        shared.change { $0.startOver() }
    }

    /// Ends the work of all sources, and returns at once.
    public func stop() {
        shared.change { $0.stop() }
    }

    /// The least claim that ever went into a block, in bits; nil before the first.
    public var leastInputBits: Int? { shared.withLock { $0.leastInputBits } }

    /// How many conditioned bytes were made.
    public var madeByteCount: UInt64 { shared.withLock { $0.madeByteCount } }
}
