// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshNode
import Testing

@Suite("Ledger")
struct LedgerTests {
    @Test("begins at nothing and balances with nothing resident")
    func empty() {
        #expect(Ledger().balances(resident: 0))
        #expect(!Ledger().balances(resident: 1))
    }

    @Test("follows a byte from the door to each of its ends")
    func eachEnd() {
        var ledger = Ledger()
        ledger.book(offered: 100, kept: 70)
        #expect(ledger.received == 100)
        #expect(ledger.discarded == 30)
        #expect(ledger.balances(resident: 70))

        ledger.bookDrawn(40)
        #expect(ledger.inFlight == 40)
        #expect(ledger.balances(resident: 30))

        ledger.bookDelivered(32)
        #expect(ledger.delivered == 32)
        ledger.bookLost(8)
        #expect(ledger.inFlight == 0)
        #expect(ledger.discarded == 38)
        #expect(ledger.balances(resident: 30))

        ledger.bookWiped(30)
        #expect(ledger.discarded == 68)
        #expect(ledger.balances(resident: 0))
        #expect(!ledger.balances(resident: 30))
    }
}
