// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshNode
import Testing

@testable import EntmeshMesh

@Suite struct FirstClassAllowanceTests {
    @Test func itIs512BytesAnEvent() {
        var allowance = FirstClassAllowance()
        for taken in 0..<16 {
            #expect(allowance.byteCount(now: .at(0)) == 512 - 32 * taken)
            allowance.take(32, now: .at(0))
        }
        #expect(allowance.byteCount(now: .at(0)) == 0)
    }

    @Test func thenItIsABlockAMinute() {
        var allowance = FirstClassAllowance()
        allowance.take(512, now: .at(10))
        for start in [10.0, 70, 130] {
            #expect(allowance.byteCount(now: .at(start + 59.999)) == 0)
            #expect(allowance.byteCount(now: .at(start + 60)) == 32)
            allowance.take(32, now: .at(start + 60))
        }
    }

    @Test func anEventRenewsIt() {
        var allowance = FirstClassAllowance()
        allowance.take(512, now: .at(0))
        allowance.renew()
        #expect(allowance.byteCount(now: .at(0)) == 512)
    }

    @Test(arguments: [32, 96, 480, 512])
    func whateverTheSizeOfTheBlocksItIsNoMore(block: Int) {
        var allowance = FirstClassAllowance()
        var taken = 0
        while allowance.byteCount(now: .at(0)) > 0 {
            let byteCount = min(block, allowance.byteCount(now: .at(0)))
            allowance.take(byteCount, now: .at(0))
            taken += byteCount
        }
        #expect(taken == 512)
    }
}

@Suite struct SupplyShareTests {
    private static func share(_ supply: SupplyShare) -> Double {
        Double(supply.granted) / Double(SupplyShare.unitsAByte)
    }

    @Test func whatComesInIsSharedOutAndWhatIsGivenAwayDoesNotLowerIt() {
        var supply = SupplyShare()
        supply.look(resident: 1000, takers: 10, at: .at(0))
        #expect(Self.share(supply) == 100)
        supply.gave(600)
        supply.look(resident: 400, takers: 10, at: .at(0))
        #expect(Self.share(supply) == 100)
        supply.look(resident: 464, takers: 4, at: .at(0))
        #expect(Self.share(supply) == 116)
    }

    @Test(arguments: [1, 3, 7, 999, 100_003])
    func nothingIsLostInTheDivision(takers: Int) {
        var supply = SupplyShare()
        for deposit in 1...10_000 {
            supply.look(resident: deposit * 64, takers: takers, at: .at(0))
        }
        #expect(supply.granted == 640_000 * SupplyShare.unitsAByte / Int64(takers))
    }

    @Test func aWipedTankSharesOutNothingAndWhatComesAfterwardsCounts() {
        var supply = SupplyShare()
        supply.look(resident: 1000, takers: 1, at: .at(0))
        supply.look(resident: 0, takers: 1, at: .at(0))
        #expect(Self.share(supply) == 1000)
        supply.look(resident: 64, takers: 1, at: .at(0))
        #expect(Self.share(supply) == 1064)
    }

    @Test func withoutTakersNothingIsSharedOut() {
        var supply = SupplyShare()
        supply.look(resident: 1000, takers: 0, at: .at(0))
        #expect(Self.share(supply) == 0)
    }

    @Test(arguments: [0.0005, 0.0011, 0.0149, 0.3, 1, 7])
    func aBlockAMinuteComesBesides(step: Double) {
        var supply = SupplyShare()
        var seconds = 0.0
        while seconds <= 60 {
            supply.look(resident: 0, takers: 3, at: .at(seconds))
            seconds += step
        }
        supply.look(resident: 0, takers: 3, at: .at(60))
        #expect(abs(Self.share(supply) - 32) < 0.1)
    }

    @Test func itKnowsWhenABlockWillHaveComeByTimeAlone() throws {
        var supply = SupplyShare()
        #expect(supply.reaches(1) == nil)
        supply.look(resident: 0, takers: 1, at: .at(5))
        let goal = 32 * SupplyShare.unitsAByte
        let moment = try #require(supply.reaches(goal))
        #expect(abs(moment.seconds - 65) < 0.1)
        supply.look(resident: 0, takers: 1, at: moment)
        #expect(supply.granted >= goal)
        #expect(supply.reaches(goal) == moment)
    }

    @Test func aClockThatGoesBackTakesNothing() {
        var supply = SupplyShare()
        supply.look(resident: 0, takers: 1, at: .at(100))
        supply.look(resident: 0, takers: 1, at: .at(50))
        #expect(Self.share(supply) == 0)
        supply.look(resident: 0, takers: 1, at: .at(160))
        #expect(abs(Self.share(supply) - 32) < 0.1)
    }

    @Test func aBalanceIsAtMostTheBurstAndNamesTheShareItWaitsFor() {
        var supply = SupplyShare()
        var balance = ShareBalance(burst: 64)
        #expect(balance.shortOf(64, burst: 64, supply: supply) == nil)
        balance.take(64)
        #expect(balance.shortOf(32, burst: 64, supply: supply) == 32 * SupplyShare.unitsAByte)
        supply.look(resident: 1 << 20, takers: 1, at: .at(0))
        #expect(balance.shortOf(512, burst: 64, supply: supply) == nil)
        balance.take(512)
        balance.allow(32)
        #expect(balance.shortOf(32, burst: 64, supply: supply) == nil)
        #expect(balance.shortOf(33, burst: 64, supply: supply) != nil)
    }
}
