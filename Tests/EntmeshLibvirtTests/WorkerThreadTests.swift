// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import Dispatch
import Testing

@testable import EntmeshLibvirt

/// What a worker owns in these tests. Says when it goes.
private struct Resource: ~Copyable {
    var count = 0
    var onEnd: (@Sendable () -> Void)?

    deinit { onEnd?() }
}

/// A request that hangs until the test lets it go on, as one to a hung libvirtd does.
private struct Hang: Sendable {
    private let gate = DispatchSemaphore(value: 0)
    private let begun: AsyncStream<Void>
    private let announce: AsyncStream<Void>.Continuation

    init() { (begun, announce) = AsyncStream.makeStream() }

    func hang() {
        announce.yield()
        gate.wait()
    }

    func begins() async { for await _ in begun { return } }

    func end() { gate.signal() }
}

@Suite("A worker thread")
struct WorkerThreadTests {
    private var soon: ContinuousClock.Instant { .now + .milliseconds(20) }
    private var late: ContinuousClock.Instant { .now + .seconds(600) }

    @Test("does one request after the other with what it owns")
    func serves() async throws {
        let worker = try WorkerThread(limit: 1) { Resource() }
        for expected in 1...100 {
            let count = try await worker.perform("count", until: late) { resource in
                resource.count += 1
                return resource.count
            }
            #expect(count == expected)
        }
    }

    @Test("brings errors back")
    func fails() async throws {
        let worker = try WorkerThread(limit: 1) { Resource() }
        await #expect(throws: HypervisorError.notConnected) {
            try await worker.perform("fail", until: late) { _ throws(HypervisorError) in
                throw .notConnected
            }
        }
    }

    @Test("that hangs never holds up who asks beyond the deadline, and works again afterwards")
    func timesOut() async throws {
        let worker = try WorkerThread(limit: 4) { Resource() }
        let hang = Hang()
        let hanging = Task { [late] in
            try await worker.perform("hang", until: late) { _ in hang.hang() }
        }
        await hang.begins()
        // Given up before their turn, these are not done, and leave their places to others.
        for _ in 0..<10 {
            await #expect(throws: HypervisorError.timedOut(attempted: "count")) {
                try await worker.perform("count", until: soon) { $0.count += 1 }
            }
        }
        hang.end()
        try await hanging.value
        #expect(try await worker.perform("look", until: late) { $0.count } == 0)
    }

    @Test("takes no more than its limit of waiting requests")
    func isBounded() async throws {
        let worker = try WorkerThread(limit: 2) { Resource() }
        let hang = Hang()
        let outcomes = try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask { [late] in
                try await worker.perform("hang", until: late) { _ in hang.hang() }
                return true
            }
            await hang.begins()
            for _ in 0..<5 {
                group.addTask { [late] in
                    do {
                        try await worker.perform("count", until: late) { $0.count += 1 }
                        return true
                    } catch HypervisorError.tooManyRequests(limit: 2) {
                        return false
                    }
                }
            }
            var outcomes: [Bool] = []
            while outcomes.count < 3, let outcome = try await group.next() {
                outcomes.append(outcome)
            }
            #expect(outcomes == [false, false, false])
            hang.end()
            while let outcome = try await group.next() { outcomes.append(outcome) }
            return outcomes
        }
        #expect(outcomes.filter { $0 }.count == 3)
    }

    @Test("answers a cancelled task at once")
    func cancels() async throws {
        let worker = try WorkerThread(limit: 2) { Resource() }
        let hang = Hang()
        let asking = Task { [late] in
            try await worker.perform("hang", until: late) { _ in hang.hang() }
        }
        await hang.begins()
        asking.cancel()
        await #expect(throws: HypervisorError.cancelled) { try await asking.value }
        hang.end()
    }

    @Test("does what waits and then lets go of what it owns, when nobody needs it any more")
    func ends() async throws {
        let (ended, announce) = AsyncStream<Int>.makeStream()
        do {
            let worker = try WorkerThread(limit: 2) {
                Resource(onEnd: { announce.yield(2) })
            }
            worker.post { _ in announce.yield(1) }
        }
        var seen: [Int] = []
        for await number in ended {
            seen.append(number)
            if number == 2 { break }
        }
        #expect(seen == [1, 2])
    }
}
