// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshThreads

/// An answer that is given once, by whoever is first: the worker, the deadline or a cancellation.
/// Later answers are dropped.
final class Reply<Value: Sendable>: Sendable {
    typealias Outcome = Result<Value, HypervisorError>

    private enum State: Sendable {
        /// Nobody has asked and nothing has come.
        case idle
        /// Somebody waits.
        case awaited(CheckedContinuation<Outcome, Never>)
        /// The answer is in.
        case settled(Outcome)
    }

    private let state = Monitor(State.idle)

    /// Gives the answer, unless there is one already.
    func settle(_ outcome: Outcome) {
        let waiting = state.withLock { state -> CheckedContinuation<Outcome, Never>? in
            switch state {
            case .idle:
                state = .settled(outcome)
                return nil
            case .awaited(let continuation):
                state = .settled(outcome)
                return continuation
            case .settled:
                return nil
            }
        }
        waiting?.resume(returning: outcome)
    }

    /// Waits for the answer; called once. A passed deadline answers with `late`, a cancelled task
    /// with `.cancelled`, both at once.
    func outcome(until deadline: ContinuousClock.Instant, late: HypervisorError) async -> Outcome {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await Task.sleep(until: deadline, clock: .continuous)
                    self.settle(.failure(late))
                } catch {
                    // Cancelled: the answer is in, or is `.cancelled`.
                }
            }
            let outcome = await withTaskCancellationHandler {
                await withCheckedContinuation { self.await($0) }
            } onCancel: {
                self.settle(.failure(.cancelled))
            }
            group.cancelAll()
            return outcome
        }
    }

    private func await(_ continuation: CheckedContinuation<Outcome, Never>) {
        let settled = state.withLock { state -> Outcome? in
            if case .settled(let outcome) = state { return outcome }
            state = .awaited(continuation)
            return nil
        }
        if let settled { continuation.resume(returning: settled) }
    }
}
