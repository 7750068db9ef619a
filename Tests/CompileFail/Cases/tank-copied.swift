// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors
//
// A tank copied would give each of its bytes twice.
// expect: 'tank' consumed more than once

import EntmeshNode

func fork() {
    let tank = MemoryTank(storage: HeapStorage(byteCount: 32))
    var one = tank
    var other = tank
    one.wipe()
    other.wipe()
}
