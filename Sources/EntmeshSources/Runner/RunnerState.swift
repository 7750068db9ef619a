// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshNode
internal import EntmeshThreads

/// What the thread of a source and its owner both know; everything in it changes under one lock.
struct RunnerState: Sendable {
    /// What the thread is to do next.
    enum Job: Equatable, Sendable {
        /// End.
        case stop
        /// Read, to bring this many conditioned bytes; 0 in a start-up test.
        case read(demand: Int)
        /// Forget a permanent failure.
        case reset
        /// Forget what is half made, and run the start-up test.
        case startOver
    }

    private let limits: SourceLimits
    private(set) var isStopping = false
    private(set) var demand = 0
    private var wantsReset = false
    private(set) var wantsStartOver = false
    private(set) var health = HealthState.startUp(remaining: HealthTests.startUpSampleCount)
    private(set) var alarms = AlarmCounts()
    private(set) var raw = RawLedger()
    private(set) var deliveredByteCount: UInt64 = 0
    private(set) var errorCount: UInt64 = 0
    private(set) var lastErrorText: String?
    private(set) var rate = RateMeter()
    /// The error that is not yet over.
    private var error: NoiseSourceError?
    private var retryAt: Moment?
    private var readStart: Moment?

    init(limits: SourceLimits) {
        self.limits = limits
    }

    // MARK: The owner's side

    mutating func stop() {
        isStopping = true
    }

    mutating func demand(byteCount: Int) {
        demand = max(0, byteCount)
    }

    mutating func requestReset() {
        wantsReset = true
    }

    mutating func requestStartOver() {
        wantsStartOver = true
    }

    /// What the source is doing at `now`.
    func state(now: Moment) -> SourceState {
        if isStopping { return .stopped }
        if case .failed(let failure) = health { return .failed("\(failure)") }
        if let readStart, now - readStart >= limits.stallSpan { return .stalled }
        if let error { return Self.state(of: error) }
        switch health {
        case .startUp: return .starting
        case .running: return .healthy
        case .quarantined(_, let alarm): return .quarantined("\(alarm)")
        case .failed(let failure): return .failed("\(failure)")
        }
    }

    private static func state(of error: NoiseSourceError) -> SourceState {
        switch error {
        case .timedOut: .stalled
        case .system, .notADevice, .ended: .unavailable("\(error)")
        }
    }

    // MARK: The thread's side

    /// What to do at `now`: a command, a read that the tests or the tank want, or nothing yet.
    mutating func nextJob(now: Moment) -> Monitor<RunnerState>.Step<Job> {
        if isStopping { return .done(.stop) }
        if wantsReset {
            wantsReset = false
            return .done(.reset)
        }
        if wantsStartOver {
            wantsStartOver = false
            return .done(.startOver)
        }
        if health.isFailed { return .wait }
        guard health.remaining > 0 || demand > 0 else { return .wait }
        if let retryAt, now < retryAt { return .waitUntil(nanoseconds: retryAt.nanoseconds) }
        return .done(.read(demand: health.remaining > 0 ? 0 : demand))
    }

    mutating func beginRead(now: Moment) {
        readStart = now
    }

    mutating func endRead(byteCount: Int) {
        readStart = nil
        retryAt = nil
        error = nil
        raw.bookRead(byteCount)
    }

    mutating func endRead(error: NoiseSourceError, retryAt: Moment) {
        readStart = nil
        self.retryAt = retryAt
        self.error = error
        errorCount += 1
        lastErrorText = "\(error)"
    }

    mutating func show(_ tests: borrowing HealthTests) {
        health = tests.state
        alarms = tests.alarmCounts
    }

    mutating func bookDropped(_ count: Int, because alarm: Alarm? = nil) {
        raw.bookDropped(count)
        if let alarm { lastErrorText = "\(alarm)" }
    }

    /// The thread ends: what was pending is lost.
    mutating func bookEnd() {
        raw.bookDropped(Int(raw.pending))
    }

    mutating func bookBlock(_ byteCount: Int, from rawByteCount: Int) {
        raw.bookConditioned(rawByteCount)
        deliveredByteCount += UInt64(byteCount)
        demand = max(0, demand - byteCount)
    }

    mutating func bookWork(_ byteCount: Int, in span: TimeSpan) {
        rate.book(byteCount, in: span)
    }
}
