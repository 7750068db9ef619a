// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors
//
// In a body that is called, which may be called more than once.
// expect: noncopyable 'entropy' cannot be consumed when captured by

import EntmeshNode

func each(_ body: () -> Void) {
    body()
    body()
}

func depositInEach(_ tank: inout MemoryTank<HeapStorage>) {
    let entropy = Entropy(byteCount: 32, minEntropy: .none) { _ in }
    each {
        _ = tank.deposit(entropy)
    }
}
