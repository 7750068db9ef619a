// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors
//
// An explicit copy.
// expect: 'copy' cannot be applied to noncopyable types

import EntmeshNode

func copyIt(_ tank: inout MemoryTank<HeapStorage>) {
    let entropy = Entropy(byteCount: 32, minEntropy: .none) { _ in }
    _ = tank.deposit(copy entropy)
    _ = tank.deposit(entropy)
}
