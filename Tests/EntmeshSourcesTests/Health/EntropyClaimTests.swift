// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshSources
import Testing

@Suite struct EntropyClaimTests {
    @Test(arguments: [0.125, 0.1251, 1, 4, 7.999, 8])
    func aClaimWithinTheRangeCanBeTested(bits: Double) throws {
        let claim = try EntropyClaim(bitsPerByte: bits)
        #expect(claim.proportionCutoffs.permanent <= HealthTests.window)
        for test in HealthTest.allCases {
            #expect(claim.cutoffs(of: test).intermittent > 1)
            #expect(claim.cutoffs(of: test).permanent >= claim.cutoffs(of: test).intermittent)
        }
    }

    @Test(arguments: [0, -4, 0.1, 0.1249, 8.001, 4000, .infinity, .nan])
    func aClaimOutsideTheRangeIsRefusedInWords(bits: Double) throws {
        let failure = try #require(throws: EntropyClaim.Failure.self) {
            try EntropyClaim(bitsPerByte: bits)
        }
        #expect("\(failure)".contains("\(bits) bits a byte"))
        #expect("\(failure)".contains("from 0.125 to 8.0"))
    }

    @Test func fourBitsGiveTheCutoffsOfTheTable() throws {
        let claim = try EntropyClaim(bitsPerByte: 4)
        #expect(claim.repetitionCutoffs == AlarmCutoffs(intermittent: 11, permanent: 16))
        #expect(claim.proportionCutoffs == AlarmCutoffs(intermittent: 78, permanent: 91))
    }

    @Test func permanentCutoffsAreNeverBelowIntermittentOnes() {
        #expect(AlarmCutoffs(intermittent: 9, permanent: 3).permanent == 9)
    }
}
