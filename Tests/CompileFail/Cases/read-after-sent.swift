// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors
//
// Its bytes are looked at after it was sent.
// expect: 'entropy' used after consume

import EntmeshConnection
import EntmeshNode

func sendAndLook(_ connection: inout Connection, _ wire: inout WireBuffer, now: Moment) -> UInt8? {
    let entropy = Entropy(byteCount: 32, minEntropy: .none) { _ in }
    _ = connection.send(entropy, now: now, into: &wire)
    return entropy.withBytes { $0.first }
}
