// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import Synchronization

/// What the check of one certificate came to: it runs beside the event loop, and TLS itself tells
/// no more than that it failed.
final class PeerVerdict: Sendable {
    private enum Result {
        case none
        case good(name: String)
        case bad(String)
    }

    private let result = Mutex(Result.none)

    /// The name in the certificate, if it is good.
    var name: String? {
        result.withLock { if case .good(let name) = $0 { name } else { nil } }
    }

    /// What is wrong with the certificate, in words.
    var problem: String? {
        result.withLock { if case .bad(let problem) = $0 { problem } else { nil } }
    }

    func pass(_ name: String) { result.withLock { $0 = .good(name: name) } }
    func refuse(_ problem: String) { result.withLock { $0 = .bad(problem) } }
}
