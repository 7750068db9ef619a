// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import Synchronization

/// What one connection has to tell, in order, until we come to it. Filled from libvirt's event
/// thread, emptied by `Hypervisor.run`.
final class EventInbox: Sendable {
    enum Signal: Sendable {
        /// A domain changed.
        case event(DomainEvent)
        /// The connection ended.
        case closed(reason: String)
        /// It is time to read all domains anew.
        case resync
    }

    let signals: AsyncStream<Signal>
    private let continuation: AsyncStream<Signal>.Continuation
    private let overflowed = Atomic(false)

    init(limit: Int) {
        (signals, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(limit))
    }

    /// Whether a signal was dropped for want of room: what was read before is no longer to be
    /// trusted.
    var hasOverflowed: Bool { overflowed.load(ordering: .acquiring) }

    /// Never blocks.
    func post(_ signal: Signal) {
        if case .dropped = continuation.yield(signal) {
            overflowed.store(true, ordering: .releasing)
        }
    }

    /// Nothing more comes; what is in it can still be read.
    func finish() { continuation.finish() }
}
