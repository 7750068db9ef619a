// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConnection
internal import EntmeshLinux
internal import EntmeshNode

// What goes into the pool, and what the host is told of it.
extension GuestAgent where Device: ~Copyable {
    // The level first: nothing was proven on this connection, so it is 0.
    mutating func opened(_ host: Hello, now: Moment, bootTime: Moment) {
        giving.opened(host)
        wasConnected = true
        isRecordStale = true
        news = .connected
        announce(.fall, bootTime: bootTime)
        report(now: now)
    }

    @inline(never)
    mutating func level(_ bootTime: Moment) -> FillLevel {
        pool.level(of: freshness, mode: settings.mode, bootTime: bootTime)
    }

    @inline(never)
    mutating func inject(
        _ entropy: consuming Entropy, sequence: UInt32, now: Moment, bootTime: Moment
    ) {
        let before = level(bootTime)
        let injection = pool.inject(entropy, mode: settings.mode, at: before)
        let previous = tally.lastError
        tally.book(injection)
        if pool.era == .old {
            giving.tookIn(bits: injection.creditedBits)
        }
        isRecordStale = true
        if injection.refreshes {
            freshness.injected(bootTime: bootTime)
        }
        // The level, then the receipt, in one write.
        announce(.deposit, bootTime: bootTime)
        connection.acknowledge(Receipt(sequence: sequence, injection), into: &wire)
        settleGeneration(injection, bootTime: bootTime)
        note(injection, previousError: previous, now: now)
        report(now: now)
    }

    mutating func note(_ injection: Injection, previousError: Errno?, now: Moment) {
        if case .failed(let errno) = injection.outcome {
            if errno != previousError {
                news = .refused(errno)
            }
        } else if injection.refreshes {
            if !isFedHere {
                news = .fed(injection.outcome)
            }
            isFedHere = true
            finishIfOnce(now: now)
        }
    }

    mutating func finishIfOnce(now: Moment) {
        guard settings.onceWithin != nil else { return }
        farewell = .satisfied
        sayGoodbye(now: now)
    }

    // User space may re-key once the generator has taken in what no clone has.
    mutating func settleGeneration(_ injection: Injection, bootTime: Moment) {
        guard mayBeClone, injection.refreshes else { return }
        // An old kernel that only mixes cannot be made to reseed: it does by itself.
        guard injection.didReseed || injection.outcome == .deferred || pool.era == .old else {
            return
        }
        mayBeClone = false
        generationDue =
            injection.didReseed ? bootTime : bootTime + GuestConstants.oldReseedInterval
    }

    @inline(never)
    mutating func announce(_ cause: LevelAnnouncer.Cause, bootTime: Moment) {
        guard connection.isOpen else { return }
        let level = level(bootTime)
        if LevelAnnouncer.isDue(level, last: connection.announcedLevel, cause: cause) {
            connection.announce(level, into: &wire)
        }
    }

    func status(_ latest: Reported) -> PoolStatus {
        PoolStatus(
            availableBits: UInt16(clamping: latest.availableBits),
            poolBits: UInt16(clamping: pool.poolBits), isReady: latest.isReady,
            lastError: latest.lastError, kernel: kernel, hardwareGenerator: hardwareGenerator)
    }

    var lastError: UInt16 { UInt16(clamping: tally.lastError?.number ?? 0) }

    mutating func report(now: Moment) {
        guard let due = connection.statusDue, due <= now else { return }
        let latest = Reported(
            availableBits: pool.availableBits(), isReady: pool.isReady(), lastError: lastError)
        if latest != reported, connection.report(status(latest), now: now, into: &wire) {
            reported = latest
        }
    }

    // When the level or the status will be worth a message. What cannot be written yet is no
    // reason to wake: so this is asked only while the wire is empty.
    mutating func nextNotice(now: Moment, bootTime: Moment) -> Moment? {
        var deadline = Earliest()
        deadline.add(nextFall.map { now + ($0 - bootTime) })
        deadline.add(nextGift(now: now))
        if pool.era == .old || settings.gives && !pool.isReady() {
            deadline.add(now + GuestConstants.lookInterval)
        }
        if let reported, reported.isReady != pool.isReady() || reported.lastError != lastError {
            deadline.add(connection.statusDue)
        }
        return deadline.moment
    }

    // The next moment, on CLOCK_BOOTTIME, at which the level will have fallen far enough.
    var nextFall: Moment? {
        guard let announced = connection.announcedLevel, announced > .empty else { return nil }
        let fall = UInt8(Wire.announcedFall)
        return freshness.falls(to: announced.percent > fall ? announced.percent - fall : 0)
    }
}

/// What of a status message changes while the machine runs.
struct Reported: Equatable {
    var availableBits: Int
    var isReady: Bool
    var lastError: UInt16
}
