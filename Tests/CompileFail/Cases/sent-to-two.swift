// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors
//
// The same entropy to two peers.
// expect: 'entropy' consumed more than once

import EntmeshConnection
import EntmeshNode

func sendToBoth(
    _ one: inout Connection, _ other: inout Connection, _ wire: inout WireBuffer, now: Moment
) {
    let entropy = Entropy(byteCount: 32, minEntropy: .none) { _ in }
    _ = one.send(entropy, now: now, into: &wire)
    _ = other.send(entropy, now: now, into: &wire)
}
