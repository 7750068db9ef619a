// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CLibvirt
internal import EntmeshThreads
internal import Glibc

/// A share in libvirt's event loop, which delivers events and keepalives to all connections of the
/// process. Exists before a connection is opened, and until after it is closed.
///
/// The first share starts the one thread that runs the loop; the last one to go ends it.
struct EventLoopShare: ~Copyable {
    init() throws(HypervisorError) { try EventLoop.enter() }

    deinit { EventLoop.leave() }
}

private enum EventLoop {
    struct State: Sendable {
        /// The timer that wakes the loop; `nil` before libvirt is set up.
        var timer: Int32?
        var shares = 0
        var isRunning = false
    }

    // libvirt's loop is one a process, and so is our knowledge of it.
    static let state = Monitor(State())

    // Closing a connection leaves the loop some clean-up, in steps of lower priority than our
    // timer's; each round here lets it do one step, 1 ms at most.
    static let lastRounds = 4
    static let lastRoundTimeout: Int32 = 1

    static func enter() throws(HypervisorError) {
        try state.withLock { state throws(HypervisorError) in
            if state.timer == nil { state.timer = try setUp() }
            if !state.isRunning {
                if let errno = DetachedThread.start(run) { throw .noThread(errno: errno) }
                state.isRunning = true
            }
            state.shares += 1
        }
    }

    static func leave() {
        state.withLock { state in
            state.shares -= 1
            if state.shares == 0, let timer = state.timer { virEventUpdateTimeout(timer, 0) }
        }
    }

    /// Everything that has to happen once, before the first connection. The new timer.
    private static func setUp() throws(HypervisorError) -> Int32 {
        // Or libvirt prints every error to standard error, too.
        virSetErrorFunc(nil) { _, _ in }
        let attempted = "set up libvirt's event loop"
        guard virInitialize() == 0 else { throw .lastOfLibvirt(attempted) }
        guard virEventRegisterDefaultImpl() == 0 else { throw .lastOfLibvirt(attempted) }
        let timer = virEventAddTimeout(
            -1, { timer, _ in virEventUpdateTimeout(timer, -1) }, nil, nil)
        guard timer >= 0 else { throw .lastOfLibvirt(attempted) }
        return timer
    }

    private static let run: @Sendable () -> Void = {
        while goesOn() { turn() }
    }

    // Looks after each turn, so a share that came and went meanwhile is not missed.
    private static func goesOn() -> Bool {
        if state.withLock({ $0.shares > 0 }) { return true }
        finishCleanUp()
        return state.withLock { state in
            state.isRunning = state.shares > 0
            return state.isRunning
        }
    }

    private static func finishCleanUp() {
        guard let timer = state.withLock({ $0.timer }) else { return }
        for _ in 0..<lastRounds {
            virEventUpdateTimeout(timer, lastRoundTimeout)
            turn()
        }
    }

    private static func turn() {
        // It fails only when poll(2) does; a pause keeps that from being a busy loop.
        if virEventRunDefaultImpl() != 0 { usleep(100_000) }
    }
}
