// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshNode
internal import EntmeshThreads

/// What the thread of one source and its owner both know.
struct RunnerState: Sendable {
    /// What the thread is to do next.
    enum Job: Equatable, Sendable {
        /// End.
        case stop
        /// Make blocks of what all sources have ready.
        case makeBlocks
        /// Read this many samples.
        case read(Int)
        /// Forget a permanent failure.
        case reset
        /// Run the start-up test; what waited is dropped already.
        case startOver
        /// Read this many samples for an operator.
        case capture(Int)
    }

    let stage: SampleStage
    private let limits: SourceLimits
    private(set) var isStopping = false
    private var wantsReset = false
    private(set) var wantsStartOver = false
    private var capture: Capture?
    private(set) var health = HealthState.startUp(remaining: HealthTests.startUpSampleCount)
    /// Whether it ever passed a start-up test.
    private var hasPassed = false
    private(set) var alarms = AlarmCounts()
    private(set) var errorCount: UInt64 = 0
    private(set) var lastErrorText: String?
    private(set) var rate = RateMeter()
    /// The error that is not yet over.
    private var error: NoiseSourceError?
    private var retryAt: Moment?
    private var readStart: Moment?
    /// How long the last read took, if that was too long.
    private var slowness: TimeSpan?

    init(claim: EntropyClaim, limits: SourceLimits) {
        self.limits = limits
        stage = SampleStage(claim: claim, largestRead: limits.readByteCount)
    }

    // MARK: The owner's side

    mutating func stop() {
        isStopping = true
        stage.drop()
        endCapture(.stopped)
    }

    /// Whether there is a failure to forget.
    mutating func requestReset() -> Bool {
        wantsReset = health.isFailed
        return wantsReset
    }

    mutating func requestStartOver() {
        stage.drop()
        wantsStartOver = true
    }

    /// Whether `request` was taken on, in place of any other.
    mutating func begin(_ request: Capture) -> Bool {
        guard !isStopping else { return false }
        endCapture(.replaced)
        capture = request
        return true
    }

    /// Tells whoever waits for samples that there will be none.
    mutating func endCapture(_ failure: CaptureFailure) {
        capture?.answer.resume(returning: .failure(failure))
        capture = nil
    }

    /// Whether what it reads is used.
    var gives: Bool { !isStopping && health == .running }

    /// What the source is doing at `now`.
    func state(now: Moment) -> SourceState {
        if isStopping { return .stopped }
        if case .failed(let failure) = health {
            return wantsReset ? .starting : .failed("\(failure)")
        }
        if let readStart, now - readStart >= limits.stallSpan { return .stalled }
        if let error { return state(of: error) }
        switch health {
        case .startUp: return .starting
        case .running: return slowness.map { .degraded(Self.words(for: $0)) } ?? .healthy
        case .quarantined(_, let alarm): return .quarantined("\(alarm)")
        case .failed(let failure): return .failed("\(failure)")
        }
    }

    private func state(of error: NoiseSourceError) -> SourceState {
        switch error {
        case .timedOut: .stalled
        case .busy, .malformed, .refused:
            // Of what never gave, nothing can be said but that it does not.
            hasPassed ? .degraded("\(error)") : .unavailable("\(error)")
        case .unsupported: .unsupported("\(error)")
        case .system, .notADevice, .ended: .unavailable("\(error)")
        }
    }

    private static func words(for slowness: TimeSpan) -> String {
        "slow: more than \(max(1, slowness.wholeSeconds)) s for one read"
    }

    // MARK: The thread's side

    /// What to do at `now`: a command, a read that the tests or the tank want, or nothing yet.
    ///
    /// - Parameters:
    ///   - wantedBlocks: how many blocks the set is to make.
    ///   - canMakeBlock: whether there are samples for the first of them.
    mutating func nextJob(
        wantedBlocks: Int, canMakeBlock: Bool, now: Moment
    ) -> Monitor<SetState>.Step<Job> {
        if isStopping { return .done(.stop) }
        if wantsReset {
            wantsReset = false
            return .done(.reset)
        }
        if wantsStartOver {
            wantsStartOver = false
            return .done(.startOver)
        }
        if canMakeBlock { return .done(.makeBlocks) }
        if let retryAt, now < retryAt, capture == nil, !health.isFailed {
            return .waitUntil(nanoseconds: retryAt.nanoseconds)
        }
        if let capture { return .done(.capture(capture.missingCount)) }
        if health.isFailed { return .wait }
        let count = readCount(wantedBlocks)
        return count > 0 ? .done(.read(count)) : .wait
    }

    /// What the start-up test, the samples kept ready and the blocks that are wanted still lack.
    private func readCount(_ wantedBlocks: Int) -> Int {
        if health.remaining > 0 { return min(limits.readByteCount, health.remaining) }
        let perBlock = Conditioner.inputByteCount(claim: stage.claim)
        // Only as many blocks as one read could fill: a demand can be too large to multiply.
        let ahead = stage.missingCount + min(wantedBlocks, limits.readByteCount) * perBlock
        return min(limits.readByteCount, stage.room, ahead)
    }

    mutating func beginRead(now: Moment) {
        readStart = now
    }

    mutating func endRead(byteCount: Int, now: Moment) {
        let span = readStart.map { now - $0 } ?? TimeSpan(nanoseconds: 0)
        slowness = span > limits.slowSpan ? span : nil
        rate.book(byteCount, in: span)
        readStart = nil
        retryAt = nil
        error = nil
        stage.bookRead(byteCount)
    }

    mutating func endRead(error: NoiseSourceError, retryAt: Moment) {
        readStart = nil
        self.retryAt = retryAt
        self.error = error
        errorCount += 1
        lastErrorText = "\(error)"
        endCapture(.device(error))
    }

    mutating func show(_ health: HealthState, _ alarms: AlarmCounts) {
        self.health = health
        self.alarms = alarms
        if health == .running { hasPassed = true }
    }

    /// Takes in samples that passed, unless a command came between that makes them void.
    mutating func put(_ samples: UnsafeRawBufferPointer) {
        if wantsStartOver || isStopping {
            stage.bookDropped(samples.count)
        } else {
            stage.put(samples)
        }
    }

    /// Everything that waits is void, and so are `count` samples more.
    mutating func drop(_ count: Int, because alarm: Alarm) {
        stage.bookDropped(count)
        stage.drop()
        lastErrorText = "\(alarm)"
    }

    /// Adds samples to what an operator asked for; answers when there are enough.
    mutating func captured(_ samples: UnsafeRawBufferPointer) {
        stage.bookCaptured(samples.count)
        capture?.samples += samples
        guard let capture, capture.missingCount == 0 else { return }
        capture.answer.resume(returning: .success(capture.samples))
        self.capture = nil
    }

    /// The thread ends: what waited is lost, and nobody will answer any more.
    mutating func end() {
        stage.drop()
        endCapture(.stopped)
    }
}
