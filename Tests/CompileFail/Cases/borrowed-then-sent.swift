// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors
//
// What was only lent is spent.
// expect: 'entropy' is borrowed and cannot be consumed

import EntmeshConnection
import EntmeshNode

func sendBorrowed(
    _ entropy: borrowing Entropy, _ connection: inout Connection, _ wire: inout WireBuffer
) {
    _ = connection.send(entropy, now: Moment(nanoseconds: 0), into: &wire)
}
