// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import EntmeshCoreTestSupport
import EntmeshLinux
import EntmeshNode
import Testing

@testable import EntmeshGuest

/// The duty to write the generation file after this memory may have been cloned.
@Suite struct GenerationTests {
    /// An agent that was reset and has been fed since, while its file cannot be written.
    private func pairThatCannotWrite() -> Pair {
        let pair = Pair()
        pair.connect()
        pair.end(.transportReset)
        pair.connect()
        pair.generationFails = true
        pair.feed()
        return pair
    }

    @Test func aFileThatCannotBeWrittenIsTriedAgainUntilItCan() {
        let pair = pairThatCannotWrite()
        #expect(pair.failedGenerations == 1)
        pair.pass(.seconds(9))
        #expect(pair.failedGenerations == 1)
        pair.pass(.seconds(1))
        #expect(pair.failedGenerations == 2)
        pair.pass(.seconds(50))
        #expect(pair.failedGenerations == 7)
        pair.generationFails = false
        pair.pass(.seconds(10))
        #expect(pair.generations == 1)
        pair.pass(.seconds(3600))
        #expect(pair.generations == 1 && pair.failedGenerations == 7)
    }

    @Test func theDutyOutlivesTheConnection() {
        let pair = pairThatCannotWrite()
        pair.end(.endOfStream)
        pair.generationFails = false
        pair.pass(.seconds(10))
        pair.tick()
        #expect(pair.generations == 1)
        pair.connect()
        pair.feed()
        #expect(pair.generations == 1)
    }

    @Test func anotherResetMeanwhileIsOneMoreReasonAndNotTwo() {
        let pair = pairThatCannotWrite()
        pair.end(.transportReset)
        pair.generationFails = false
        pair.connect()
        pair.feed()
        #expect(pair.generations == 1)
        pair.pass(.seconds(60))
        #expect(pair.generations == 1)
    }

    @Test func onAnOldKernelThatOnlyMixesItIsWrittenWhenTheKernelHasReseededByItself() {
        var settings = GuestSettings()
        settings.mode = .mix
        let pair = Pair(.old(), settings: settings)
        pair.connect()
        pair.end(.transportReset)
        pair.connect()
        #expect(pair.hello?.occasion == .transportReset)
        pair.feed()
        #expect(pair.lastReceipt == .mixed)
        #expect(pair.generations == 0)
        pair.pass(.seconds(299))
        #expect(pair.generations == 0)
        pair.pass(.seconds(1))
        #expect(pair.generations == 1)
        pair.end(.endOfStream)
        pair.connect()
        #expect(pair.hello?.occasion == .peerEnded)
        pair.feed()
        pair.pass(.seconds(600))
        #expect(pair.generations == 1)
    }
}
