// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors
//
// Sent to a peer and kept in the tank.
// expect: 'entropy' consumed more than once

import EntmeshConnection
import EntmeshNode

func sendAndKeep(
    _ tank: inout MemoryTank<HeapStorage>, _ connection: inout Connection,
    _ wire: inout WireBuffer, now: Moment
) {
    guard let entropy = tank.draw(byteCount: 32) else { return }
    _ = connection.send(entropy, now: now, into: &wire)
    _ = tank.deposit(entropy)
}
