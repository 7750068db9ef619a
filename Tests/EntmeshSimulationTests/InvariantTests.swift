// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshNode
import EntmeshSimulation
import Testing

/// Each invariant is seen to fail when something is broken on purpose, and holds else.
struct InvariantTests {
    private func found(_ defect: Defect) throws -> String {
        try ran(.troubledPair(), defect: defect).report.broken?.what ?? ""
    }

    @Test(arguments: 1...5) func allOfThemHoldWhateverGoesWrong(seed: UInt64) throws {
        let report = try ran(.troubledPair(), seed: seed).report
        #expect(report.broken == nil)
        #expect(report.faults.count { $0.count > 0 } >= 8)
        #expect(report.pieces > 0)
    }

    @Test func aLedgerThatIsAByteShortIsFound() throws {
        #expect(try found(.losesAByte).contains("is not resident"))
    }

    @Test func aReceiptThatIsNotBookedIsFound() throws {
        let broken = try ran(.pair(), defect: .forgetsAReceipt).report.broken
        #expect(broken?.what.contains("ledger and mesh differ") == true, "\(broken as Any)")
    }

    @Test func aBlockThatIsSentTwiceIsFound() throws {
        #expect(try found(.sendsABlockTwice).contains("transmitted for the second time"))
    }

    @Test func aLevelThatIsRepeatedIsFound() throws {
        #expect(try found(.repeatsALevel).contains("twice in a row"))
    }

    @Test func aGuestThatTrustsItsLastConnectionIsFound() throws {
        #expect(try found(.trustsTheLastConnection).contains("nothing was proven"))
    }

    @Test func aConnectionThatEndsWithoutAFaultIsFound() throws {
        let report = try ran(.pair(), defect: .breaksAFrame).report
        #expect(report.broken?.what.contains("ended without a fault, malformed-frame") == true)
    }

    @Test func everybodyIsBackLongAfterTheLastFault() throws {
        var scenario = try Scenario.troubledPair()
        scenario.duration = .seconds(1500)
        scenario.calm = .seconds(900)
        #expect(ran(scenario).report.broken == nil)
        let broken = ran(scenario, defect: .staysAway).report.broken
        #expect(broken?.what.contains("not connected again") == true)
    }

    @Test func tooFewKindsOfFaultAreNoProof() throws {
        let scenario = try Scenario.pair(more: "least-fault-kinds: 1")
        #expect(ran(scenario).report.broken?.what.contains("only 0 kinds") == true)
        // A run that was cut short proves less anyway.
        #expect(ran(scenario, duration: 60).report.broken == nil)
    }
}
