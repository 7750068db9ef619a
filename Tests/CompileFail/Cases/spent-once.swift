// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors
//
// The positive control: everything here is allowed, and must compile.
// expect: success

import EntmeshConnection
import EntmeshNode

func spendOnce(
    _ entropy: consuming Entropy, _ connection: inout Connection, _ wire: inout WireBuffer
) -> UInt32? {
    let byteCount = entropy.byteCount
    let first = entropy.withBytes { $0.first }
    guard byteCount > 0, first != nil else { return nil }
    return connection.send(entropy, now: Moment(nanoseconds: 0), into: &wire)
}

func depositOrLose(
    _ entropy: consuming Entropy, _ tank: inout MemoryTank<HeapStorage>, _ keep: Bool
)
    -> Int
{
    if keep {
        return tank.deposit(entropy)
    }
    return 0
}

func depositAll(_ tank: inout MemoryTank<HeapStorage>, from source: inout MemoryTank<HeapStorage>) {
    while let entropy = source.draw(byteCount: 32) {
        _ = tank.deposit(entropy)
    }
}
