// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import Glibc

/// A state behind a lock, and a condition to wait for changes of it (pthread_cond_wait(3)).
///
/// `Synchronization.Mutex` has no condition, and a thread must be able to rest. Asynchronous code
/// holds the lock for a few instructions only, and never waits.
// @unchecked Sendable: `state` is read and written only between pthread_mutex_lock and unlock of
// the one mutex, which gives the accesses an order; the three pointers never change. What goes in
// and comes out is Sendable.
package final class Monitor<State: Sendable>: @unchecked Sendable {
    /// What a waiting thread makes of the state it sees.
    package enum Step<Result: Sendable>: Sendable {
        /// The wait is over.
        case done(Result)
        /// Nothing to do until the state changes.
        case wait
        /// Nothing to do until the state changes or CLOCK_MONOTONIC reaches this many nanoseconds.
        case waitUntil(nanoseconds: Int64)
    }

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var state: State

    package init(_ state: State) {
        self.state = state
        mutex.initialize(to: pthread_mutex_t())
        condition.initialize(to: pthread_cond_t())
        var attributes = pthread_condattr_t()
        pthread_mutex_init(mutex, nil)
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Runs `body` on the state, alone.
    package func withLock<Result: Sendable & ~Copyable, Failure: Error>(
        _ body: (inout State) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&state)
    }

    /// As `withLock`, and has waiting threads look at the state again.
    package func change<Result: Sendable, Failure: Error>(
        _ body: (inout State) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        pthread_mutex_lock(mutex)
        defer {
            pthread_cond_broadcast(condition)
            pthread_mutex_unlock(mutex)
        }
        return try body(&state)
    }

    /// Asks `body` what to do, now and whenever the state may have changed, until it is done.
    package func wait<Result: Sendable>(_ body: (inout State) -> Step<Result>) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            switch body(&state) {
            case .done(let result):
                return result
            case .wait:
                pthread_cond_wait(condition, mutex)
            case .waitUntil(let nanoseconds):
                var deadline = Self.specification(nanoseconds)
                pthread_cond_timedwait(condition, mutex, &deadline)
            }
        }
    }

    // The same moment as the kernel wants it; the clock's start for anything before it.
    private static func specification(_ nanoseconds: Int64) -> timespec {
        let whole = max(0, nanoseconds)
        return timespec(
            tv_sec: Int(whole / 1_000_000_000), tv_nsec: Int(whole % 1_000_000_000))
    }
}
