// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors
//
// In a closure, which may run more than once.
// expect: noncopyable 'entropy' cannot be consumed when captured by an escaping closure

import EntmeshNode

func keepForLater() -> () -> Void {
    let entropy = Entropy(byteCount: 32, minEntropy: .none) { _ in }
    return {
        var tank = MemoryTank(storage: HeapStorage(byteCount: 32))
        _ = tank.deposit(entropy)
    }
}
