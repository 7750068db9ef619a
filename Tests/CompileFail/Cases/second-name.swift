// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors
//
// A second name for the same entropy.
// expect: 'entropy' consumed more than once

import EntmeshNode

func alias(_ tank: inout MemoryTank<HeapStorage>) {
    let entropy = Entropy(byteCount: 32, minEntropy: .none) { _ in }
    let same = entropy
    _ = tank.deposit(same)
    _ = tank.deposit(entropy)
}
