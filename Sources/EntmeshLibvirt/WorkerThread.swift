// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshThreads

/// One thread that owns a resource whose calls block, and does one request after the other with it.
///
/// The resource never leaves the thread, so nothing about it needs to be safe to share. A request
/// that hangs parks the thread; those who asked get `timedOut` at their deadline and never block.
final class WorkerThread<Resource: ~Copyable>: Sendable {
    private typealias Work = @Sendable (inout Resource) -> Void

    private struct Queue: Sendable {
        var waiting: [(ticket: UInt64, work: Work)] = []
        var lastTicket: UInt64 = 0
        var isClosed = false

        mutating func append(_ work: @escaping Work) -> UInt64 {
            lastTicket += 1
            waiting.append((lastTicket, work))
            return lastTicket
        }
    }

    private enum Turn: Sendable {
        case work(Work)
        case end
    }

    private let queue = Monitor(Queue())
    private let limit: Int

    /// - Parameters:
    ///   - limit: how many requests may wait.
    ///   - make: makes the resource, on the thread.
    init(limit: Int, make: @escaping @Sendable () -> Resource) throws(HypervisorError) {
        self.limit = limit
        let queue = queue
        let errno = DetachedThread.start {
            var resource = make()
            while case .work(let work) = Self.nextTurn(queue) { work(&resource) }
        }
        if let errno { throw .noThread(errno: errno) }
    }

    /// Lets the thread end, and the resource with it, once what waits is done.
    deinit {
        queue.change { $0.isClosed = true }
    }

    /// Does `body` on the thread and brings its result back.
    ///
    /// - Parameter attempted: what `body` does, as the words after "could not".
    func perform<Value: Sendable>(
        _ attempted: String, until deadline: ContinuousClock.Instant,
        _ body: @escaping @Sendable (inout Resource) throws(HypervisorError) -> Value
    ) async throws(HypervisorError) -> Value {
        let reply = Reply<Value>()
        let ticket = try enqueue { resource in
            do throws(HypervisorError) {
                reply.settle(.success(try body(&resource)))
            } catch {
                reply.settle(.failure(error))
            }
        }
        let outcome = await reply.outcome(until: deadline, late: .timedOut(attempted: attempted))
        withdraw(ticket)
        return try outcome.get()
    }

    /// Does `body` on the thread when its turn comes; nobody waits for it, and no limit holds it up.
    func post(_ body: @escaping @Sendable (inout Resource) -> Void) {
        queue.change { queue in _ = queue.append(body) }
    }

    private func enqueue(_ work: @escaping Work) throws(HypervisorError) -> UInt64 {
        try queue.change { queue throws(HypervisorError) -> UInt64 in
            guard queue.waiting.count < limit else { throw .tooManyRequests(limit: limit) }
            return queue.append(work)
        }
    }

    // A request that was given up before its turn must neither be done nor take up room.
    private func withdraw(_ ticket: UInt64) {
        queue.withLock { queue in queue.waiting.removeAll { $0.ticket == ticket } }
    }

    private static func nextTurn(_ queue: Monitor<Queue>) -> Turn {
        queue.wait { queue in
            guard queue.waiting.isEmpty else {
                return .done(.work(queue.waiting.removeFirst().work))
            }
            return queue.isClosed ? .done(.end) : .wait
        }
    }
}
