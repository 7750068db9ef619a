// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import Testing

@testable import EntmeshLibvirt

@Suite("An event inbox")
struct EventInboxTests {
    @Test("keeps order, and can be emptied after its end")
    func keepsOrder() async {
        let inbox = EventInbox(limit: 3)
        for number in 1...3 { inbox.post(.closed(reason: "\(number)")) }
        #expect(!inbox.hasOverflowed)
        inbox.finish()
        var reasons: [String] = []
        for await case .closed(let reason) in inbox.signals { reasons.append(reason) }
        #expect(reasons == ["1", "2", "3"])
    }

    @Test("says that it dropped something")
    func overflows() {
        let inbox = EventInbox(limit: 2)
        inbox.post(.resync)
        inbox.post(.resync)
        #expect(!inbox.hasOverflowed)
        inbox.post(.resync)
        #expect(inbox.hasOverflowed)
    }
}
