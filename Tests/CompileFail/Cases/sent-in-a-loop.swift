// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors
//
// Once a turn of a loop.
// expect: 'entropy' consumed in a loop

import EntmeshConnection
import EntmeshNode

func sendToAll(_ count: Int, _ connection: inout Connection, _ wire: inout WireBuffer, now: Moment)
{
    let entropy = Entropy(byteCount: 32, minEntropy: .none) { _ in }
    for _ in 0..<count {
        _ = connection.send(entropy, now: now, into: &wire)
    }
}
