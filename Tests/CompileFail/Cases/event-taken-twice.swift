// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors
//
// So does the event that hands a received block over.
// expect: 'event' consumed more than once

import EntmeshConnection
import EntmeshNode

func deposit(_ event: consuming ConnectionEvent, _ tank: inout MemoryTank<HeapStorage>) {
    if case .transfer(_, let entropy) = consume event {
        _ = tank.deposit(entropy)
    }
}

func depositTwice(_ received: consuming ConnectionEvent, _ tank: inout MemoryTank<HeapStorage>) {
    let event = received
    deposit(event, &tank)
    deposit(event, &tank)
}
