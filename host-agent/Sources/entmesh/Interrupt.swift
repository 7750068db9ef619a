// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import UnixSignals

/// Ctrl-C, turned from a sudden death into the end of a loop.
enum Interrupt {
    private enum Step {
        case interrupted
        case over
        case goOn
    }

    /// Runs `body` every `seconds` until Ctrl-C, SIGTERM, or `body` returns false. A signal cancels
    /// `body` if it runs.
    static func loop(
        every seconds: Double, _ body: @escaping @Sendable () async throws -> Bool
    ) async throws {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        try await withThrowingTaskGroup(of: Step.self) { group in
            defer { group.cancelAll() }
            // One task waits for signals all the time: a sequence whose iteration is cancelled ends.
            group.addTask {
                for await _ in signals { break }
                return .interrupted
            }
            while true {
                group.addTask { try await body() ? .goOn : .over }
                guard try await group.next() == .goOn else { return }
                group.addTask {
                    try? await Task.sleep(for: .seconds(seconds))
                    return .goOn
                }
                guard try await group.next() == .goOn else { return }
            }
        }
    }
}
