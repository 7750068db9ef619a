// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors
//
// The same entropy into two tanks.
// expect: 'entropy' consumed more than once

import EntmeshNode

func depositTwice(
    _ one: inout MemoryTank<HeapStorage>, _ other: inout MemoryTank<HeapStorage>
) {
    let entropy = Entropy(byteCount: 32, minEntropy: .none) { _ in }
    _ = one.deposit(entropy)
    _ = other.deposit(entropy)
}
