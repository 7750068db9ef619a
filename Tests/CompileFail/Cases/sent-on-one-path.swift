// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors
//
// Sent on one path, then sent again on all.
// expect: 'entropy' consumed more than once

import EntmeshConnection
import EntmeshNode

func sendMaybeTwice(
    _ isUrgent: Bool, _ connection: inout Connection, _ wire: inout WireBuffer, now: Moment
) {
    let entropy = Entropy(byteCount: 32, minEntropy: .none) { _ in }
    if isUrgent {
        _ = connection.send(entropy, now: now, into: &wire)
    }
    _ = connection.send(entropy, now: now, into: &wire)
}
