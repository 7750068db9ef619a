// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import EntmeshCoreTestSupport
import EntmeshLinux
import EntmeshNode
import Testing

@testable import EntmeshGuest

@Suite struct EndingTests {
    private var once: GuestSettings {
        var settings = GuestSettings()
        settings.onceWithin = .seconds(30)
        return settings
    }

    @Test(
        arguments: [
            (Transport.vsock, Errno.connectionReset, LinkEnding.transportReset),
            (.vsock, .notConnected, .transportReset),
            (.vsock, .brokenPipe, .endOfStream),
            (.vsock, .timedOut, .failed(.timedOut)),
            (.unix, .connectionReset, .failed(.connectionReset)),
            (.unix, .notConnected, .failed(.notConnected)),
            (.unix, .brokenPipe, .endOfStream),
        ])
    func onlyAResetOfAnEstablishedVsockIsEvidence(
        transport: Transport, errno: Errno, ending: LinkEnding
    ) {
        #expect(LinkEnding(errno: errno, on: transport) == ending)
    }

    @Test func aResetDialsAtOnceAndChangesTheGenerationAfterTheNextReseed() {
        let pair = Pair()
        pair.connect()
        pair.feed()
        pair.end(.transportReset)
        #expect(pair.step == .dial)
        pair.connect()
        #expect(pair.hello?.occasion == .transportReset)
        #expect(pair.generations == 0)
        pair.feed()
        #expect(pair.generations == 1)
        pair.feed()
        #expect(pair.generations == 1)
    }

    @Test(arguments: [LinkEnding.endOfStream, .closedByHost(.shutdown), .failed(.timedOut)])
    func aHostThatWentAwayIsNoClone(ending: LinkEnding) {
        let pair = Pair()
        pair.connect()
        pair.feed()
        pair.end(ending)
        #expect(pair.step == .rest)
        pair.connect()
        pair.feed()
        #expect(pair.generations == 0)
        #expect(pair.hello?.occasion == .peerEnded)
    }

    @Test func aBlockThatFailsDoesNotSettleTheGeneration() {
        let pair = Pair()
        pair.connect()
        pair.end(.transportReset)
        pair.connect()
        pair.kernel.addError = .notPermitted
        pair.feed()
        #expect(pair.generations == 0)
        pair.kernel.addError = nil
        pair.feed(16)
        #expect(pair.generations == 0)
        pair.feed()
        #expect(pair.generations == 1)
    }

    @Test func aDeferredReseedSettlesTheGenerationWhenTheKernelHasReseeded() {
        let kernel = FakeKernel.old(count: 3000)
        kernel.reseedTakes = false
        let pair = Pair(kernel)
        pair.connect()
        pair.end(.transportReset)
        pair.connect()
        pair.feed(512)
        #expect(pair.generations == 0)
        pair.pass(.seconds(299))
        #expect(pair.generations == 0)
        pair.pass(.seconds(1))
        #expect(pair.generations == 1)
    }

    @Test func resetsInQuickSuccessionAreNotDialledWithoutEnd() {
        let pair = Pair()
        pair.connect()
        pair.end(.transportReset)
        #expect(pair.step == .dial)
        pair.connect()
        pair.end(.transportReset)
        #expect(pair.step == .rest)
        pair.pass(.seconds(2))
        pair.connect()
        pair.end(.transportReset)
        #expect(pair.step == .dial)
    }

    @Test func delaysDoubleFromAFifthOfASecondToHalfAMinute() {
        let pair = Pair()
        pair.connect()
        var delays: [Int64] = []
        for _ in 0..<10 {
            pair.dialFailed(.failed(.connectionRefused))
            delays.append(((pair.deadline ?? pair.now) - pair.now).nanoseconds / 1_000_000)
            pair.pass(.seconds(30))
        }
        #expect(delays == [200, 400, 800, 1600, 3200, 6400, 12800, 15000, 15000, 15000])
        pair.dialFailed(.failed(.connectionRefused), randomness: 15_000_000_000)
        #expect(pair.deadline == pair.now + .seconds(30))
        #expect(pair.news.filter { $0 == .unreachable(.failed(.connectionRefused)) }.count == 1)
    }

    @Test func aFedConnectionMakesDialsQuickAgain() {
        let pair = Pair()
        for _ in 0..<8 { pair.dialFailed(.failed(.timedOut)) }
        pair.connect()
        pair.feed()
        pair.end(.endOfStream)
        #expect(pair.deadline == pair.now + .milliseconds(200))
    }

    @Test func aHostThatClosesAtOnceIsDialledLessAndLess() {
        let pair = Pair()
        pair.connect()
        pair.end(.endOfStream)
        pair.connect()
        pair.end(.endOfStream)
        #expect(pair.deadline == pair.now + .milliseconds(400))
    }

    @Test(arguments: [CloseReason.replaced, .unknownGuest, .switchedOff])
    func someReasonsMakeDiallingPointless(reason: CloseReason) {
        let pair = Pair()
        pair.connect()
        pair.feed()
        pair.closeFromHost(reason)
        #expect(pair.step == .hangUp)
        pair.hangUp()
        #expect(pair.deadline == pair.now + .seconds(15))
        #expect(pair.news.last == .lost(.closedByHost(reason)))
    }

    @Test func aMachineWithoutTheTransportEndsTheProgramOnlyAtTheStart() {
        let first = Pair()
        first.dialFailed(.noTransport(.addressFamilyUnsupported))
        #expect(first.step == .exit(.unavailable))
        #expect(first.news == [.unreachable(.noTransport(.addressFamilyUnsupported))])
        var settings = GuestSettings()
        settings.onlyIfAvailable = true
        let silent = Pair(settings: settings)
        silent.dialFailed(.noTransport(.noSuchDevice))
        #expect(silent.step == .exit(.success))
        #expect(silent.news.isEmpty)
        let later = Pair()
        later.connect()
        later.end(.endOfStream)
        later.dialFailed(.noTransport(.noSuchDevice))
        #expect(later.step == .rest)
    }

    @Test func aHostThatDoesNotGreetIsLeftAfterFiveSeconds() {
        let pair = Pair()
        pair.connect()
        pair.end(.endOfStream)
        pair.connectSilently()
        #expect(pair.step == .exchange)
        pair.pass(.seconds(5))
        pair.hangUp()
        #expect(pair.news.last == .lost(.closedHere(.handshakeTimeout)))
    }

    @Test(
        arguments: [
            (transfer(1, byteCount: 513, bits: 8), CloseReason.malformedFrame),
            (transfer(2, byteCount: 32, bits: 256), .sequenceBroken),
            (transfer(1, byteCount: 32, bits: 257), .malformedFrame),
            (frame(2, [50]), .unexpectedMessage),
            (frame(4, [0, 0, 0, 1, 1, 0, 0]), .unexpectedMessage),
            (frame(9, [0]), .malformedFrame),
        ])
    func aHostThatBreaksTheRulesIsToldAndLeft(bytes: [UInt8], reason: CloseReason) {
        let pair = Pair()
        pair.connect()
        pair.deliver(bytes)
        #expect(pair.heard.last == .closed(reason))
        #expect(pair.kernel.added.isEmpty)
        #expect(pair.step == .hangUp)
        pair.hangUp()
        #expect(pair.step == .rest)
        #expect(pair.news.last == .lost(.closedHere(reason)))
    }

    @Test func aReplayedBlockIsNotInjected() {
        let pair = Pair()
        pair.connect()
        pair.feed()
        pair.deliver(transfer(1, byteCount: 32, bits: 256))
        #expect(pair.heard.last == .closed(.sequenceBroken))
        #expect(pair.kernel.added.count == 1)
    }

    @Test func twoBlocksAtOnceAreTakenOneAfterTheOther() {
        let pair = Pair()
        pair.connect()
        // The host of the test sent neither and would complain.
        pair.hostAnswers = false
        pair.deliver(
            transfer(1, byteCount: 32, bits: 256) + transfer(2, byteCount: 32, bits: 256))
        #expect(pair.kernel.added.count == 2)
        #expect(pair.step == .exchange)
    }

    @Test func aHostThatAnswersHeartbeatsIsKept() {
        let pair = Pair()
        pair.connect()
        pair.pass(.seconds(3600))
        #expect(pair.step == .exchange)
        #expect(pair.wakes <= 31)
    }

    @Test func aSilentHostIsLeftAfterFiveMinutes() {
        let pair = Pair()
        pair.connect()
        pair.hostAnswers = false
        pair.pass(.seconds(299))
        #expect(pair.step == .exchange)
        pair.pass(.seconds(1))
        pair.hangUp()
        #expect(pair.news.last == .lost(.closedHere(.silent)))
    }

    @Test func aHostThatDoesNotReadIsLeft() {
        let pair = Pair()
        pair.connect()
        pair.hostReads = false
        pair.feed()
        pair.pass(.seconds(15))
        pair.hangUp()
        #expect(pair.news.last == .lost(.closedHere(.writeStalled)))
    }

    @Test func onceEndsAfterTheReceiptWentOut() {
        let pair = Pair(settings: once)
        pair.connect()
        pair.feed()
        #expect(
            pair.writes.last?.suffix(2) == [
                .receipt(1, .reseeded, 0), .closed(.shutdown),
            ])
        #expect(pair.step == .hangUp)
        pair.hangUp()
        #expect(pair.step == .exit(.success))
    }

    @Test func onceIsNotSatisfiedByABlockThatCouldNotBeAcknowledged() {
        let pair = Pair(settings: once)
        pair.connect()
        pair.hostReads = false
        pair.feed()
        pair.end(.transportReset)
        #expect(pair.step == .dial)
        pair.hostReads = true
        pair.connect()
        pair.feed()
        pair.hangUp()
        #expect(pair.step == .exit(.success))
    }

    @Test func onceGivesUpInTime() {
        let pair = Pair(settings: once)
        pair.connect()
        pair.kernel.addError = .notPermitted
        pair.feed()
        pair.pass(.seconds(30))
        #expect(pair.step == .exit(.tryLater))
        #expect(pair.news.last == .gaveUp)
        #expect(pair.heard.last == .closed(.shutdown))
    }

    @Test func aSignalSaysGoodbye() {
        let pair = Pair()
        pair.connect()
        pair.stop()
        #expect(pair.heard.last == .closed(.shutdown))
        pair.hangUp()
        #expect(pair.step == .exit(.success))
    }

    @Test func aSignalBeforeOnceIsSatisfiedIsNoSuccess() {
        let resting = Pair(settings: once)
        resting.stop()
        #expect(resting.step == .exit(.tryLater))
        let linked = Pair(settings: once)
        linked.connect()
        linked.stop()
        linked.hangUp()
        #expect(linked.step == .exit(.tryLater))
    }

    @Test func aSignalIsObeyedEvenIfTheGoodbyeCannotBeSaid() {
        let pair = Pair()
        pair.connect()
        pair.hostReads = false
        pair.stop()
        #expect(pair.step == .exchange)
        pair.pass(.seconds(2))
        #expect(pair.step == .exit(.success))
    }
}
