// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors
//
// The same entropy to the same peer twice.
// expect: 'entropy' consumed more than once

import EntmeshConnection
import EntmeshNode

func sendTwice(_ connection: inout Connection, _ wire: inout WireBuffer, now: Moment) {
    let entropy = Entropy(byteCount: 32, minEntropy: .none) { _ in }
    _ = connection.send(entropy, now: now, into: &wire)
    _ = connection.send(entropy, now: now, into: &wire)
}
