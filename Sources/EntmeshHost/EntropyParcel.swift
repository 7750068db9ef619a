// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshNode
internal import Synchronization

/// Carries one `Entropy` into an escaping closure, which cannot capture a value that can be spent
/// only once. Whoever takes it first has it.
final class EntropyParcel: Sendable {
    private let content: Mutex<Entropy?>

    init(_ entropy: consuming sending Entropy) {
        content = Mutex(entropy)
    }

    func take() -> Entropy? {
        content.withLock { content in
            let taken = content.take()
            return taken
        }
    }
}
