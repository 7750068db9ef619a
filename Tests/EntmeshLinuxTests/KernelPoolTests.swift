// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshCoreTestSupport
import EntmeshLinux
import EntmeshNode
import Testing

@Suite struct KernelPoolTests {
    private func block(_ byteCount: Int = 32, bits: Int? = nil) -> Entropy {
        Entropy(
            byteCount: byteCount,
            minEntropy: bits.map { MinEntropy(bits: $0) } ?? .full(byteCount: byteCount)
        ) { bytes in
            for index in 0..<bytes.count { bytes[index] = UInt8(truncatingIfNeeded: index + 1) }
        }
    }

    // `#expect` cannot take a noncopyable value apart.
    private final class Pool {
        private var pool: KernelPool<FakeRandomDevice>

        init(_ kernel: FakeKernel) {
            pool = KernelPool(device: FakeRandomDevice(kernel: kernel))
        }

        var era: KernelPool<FakeRandomDevice>.Era { pool.era }
        var capacity: Int { pool.capacity }
        func isReady() -> Bool { pool.isReady() }

        func inject(
            _ entropy: consuming Entropy, mode: InjectionMode, at level: FillLevel
        ) -> Injection {
            pool.inject(entropy, mode: mode, at: level)
        }

        func level(
            of freshness: Freshness, mode: InjectionMode, bootTime: Moment
        ) -> FillLevel {
            pool.level(of: freshness, mode: mode, bootTime: bootTime)
        }
    }

    private func pool(_ kernel: FakeKernel) -> Pool { Pool(kernel) }

    @Test func theEraIsReadOffThePoolSize() {
        let modern = pool(.modern())
        let old = pool(.old())
        let unreadable = pool(FakeKernel(poolBits: nil, isReady: true, count: 256))
        #expect(modern.era == .modern)
        #expect(modern.capacity == 32)
        #expect(old.era == .old)
        #expect(old.capacity == 512)
        #expect(unreadable.era == .modern)
    }

    @Test func aModernPoolIsSeededOnceAndReseededAfter() {
        let kernel = FakeKernel.modern(isReady: false)
        let pool = pool(kernel)
        #expect(!pool.isReady())
        let first = pool.inject(block(), mode: .credit, at: .empty)
        #expect(first.outcome == .seeded)
        #expect(first.didReseed)
        #expect(first.refreshes)
        let second = pool.inject(block(), mode: .credit, at: .full)
        #expect(second.outcome == .reseeded)
        #expect(kernel.reseeds == 2)
        #expect(kernel.added.map(\.bits) == [256, 256])
        #expect(kernel.added[0].bytes == Array(1...32))
    }

    @Test func aBlockTooSmallToMakeThePoolReadyFailsWithNoData() {
        let pool = pool(.modern(isReady: false))
        let injection = pool.inject(block(16), mode: .credit, at: .empty)
        #expect(injection.outcome == .failed(.noData))
        #expect(!injection.refreshes)
    }

    @Test func aSmallBlockReseedsButDoesNotRefresh() {
        let pool = pool(.modern())
        let injection = pool.inject(block(31), mode: .credit, at: .full)
        #expect(injection.outcome == .reseeded)
        #expect(!injection.refreshes)
        let poor = pool.inject(block(32, bits: 255), mode: .credit, at: .full)
        #expect(!poor.refreshes)
    }

    @Test(arguments: [Errno.notPermitted, .invalidArgument, .noSuchFile])
    func whatTheKernelRefusesFailsWithItsErrno(errno: Errno) {
        let kernel = FakeKernel.modern()
        kernel.addError = errno
        let pool = pool(kernel)
        let injection = pool.inject(block(), mode: .credit, at: .empty)
        #expect(injection.outcome == .failed(errno))
        #expect(injection.byteCount == 0)
        #expect(kernel.reseeds == 0)
        let mixed = pool.inject(block(), mode: .mix, at: .empty)
        #expect(mixed.outcome == .failed(errno))
    }

    @Test func mixingCreditsNothingAndIsAlwaysMixed() {
        let kernel = FakeKernel.modern(isReady: false)
        let pool = pool(kernel)
        let early = pool.inject(block(), mode: .mix, at: .empty)
        #expect(early.outcome == .mixed)
        #expect(!early.didReseed)
        #expect(early.refreshes)
        kernel.isReady = true
        let late = pool.inject(block(), mode: .mix, at: .empty)
        #expect(late.outcome == .mixed)
        #expect(late.didReseed)
        #expect(kernel.added.map(\.bits) == [0, 0])
    }

    @Test func mixingIntoAnOldPoolNeverReseedsIt() {
        let kernel = FakeKernel.old()
        let pool = pool(kernel)
        let outcome = pool.inject(block(), mode: .mix, at: .empty).outcome
        #expect(outcome == .mixed)
        #expect(kernel.reseeds == 0)
    }

    @Test func anOldPoolIsReseededOnlyAtLevelZeroAndOnlyIfTheCountFell() {
        let kernel = FakeKernel.old()
        let pool = pool(kernel)
        let outcome = pool.inject(block(), mode: .credit, at: .empty).outcome
        #expect(outcome == .reseeded)
        let fresh = pool.inject(block(), mode: .credit, at: .full).outcome
        #expect(fresh == .deferred)
        let small = pool.inject(block(16), mode: .credit, at: .empty).outcome
        #expect(small == .deferred)
        #expect(kernel.reseeds == 1)
        kernel.reseedTakes = false
        let before511 = pool.inject(block(), mode: .credit, at: .empty)
        #expect(before511.outcome == .deferred)
        #expect(!before511.didReseed)
        #expect(before511.refreshes)
    }

    @Test func anOldPoolBelow128BitsDefers() {
        let kernel = FakeKernel.old(count: 0)
        kernel.count = -200
        let pool = pool(kernel)
        let outcome = pool.inject(block(), mode: .credit, at: .empty).outcome
        #expect(outcome == .deferred)
    }

    @Test func anOldPoolBecomesReadyByTheCredit() {
        let pool = pool(.old(isReady: false))
        let outcome = pool.inject(block(), mode: .credit, at: .empty).outcome
        #expect(outcome == .seeded)
    }

    @Test func anOldPoolThatStaysUnreadyFails() {
        let pool = pool(.old(isReady: false))
        let outcome = pool.inject(block(8), mode: .credit, at: .empty).outcome
        #expect(outcome == .failed(.noData))
    }

    @Test(arguments: [Errno.invalidArgument, .notThisDevice])
    func aKernelWithoutTheReseedIoctlDefers(errno: Errno) {
        let kernel = FakeKernel.old()
        kernel.reseedError = errno
        let pool = pool(kernel)
        let outcome = pool.inject(block(), mode: .credit, at: .empty).outcome
        #expect(outcome == .deferred)
        kernel.reseedError = .notPermitted
        let refused = pool.inject(block(), mode: .credit, at: .empty).outcome
        #expect(refused == .failed(.notPermitted))
    }

    @Test func theLevelOfAModernPoolIsItsFreshness() {
        let kernel = FakeKernel.modern(isReady: false)
        let pool = pool(kernel)
        var freshness = Freshness()
        let fed = Moment(nanoseconds: 5_000_000_000)
        #expect(pool.level(of: freshness, mode: .credit, bootTime: fed) == .empty)
        freshness.injected(bootTime: fed)
        #expect(pool.level(of: freshness, mode: .credit, bootTime: fed) == .empty)
        #expect(pool.level(of: freshness, mode: .mix, bootTime: fed) == .full)
        kernel.isReady = true
        #expect(pool.level(of: freshness, mode: .credit, bootTime: fed) == .full)
        let later = fed + .seconds(300)
        #expect(pool.level(of: freshness, mode: .credit, bootTime: later).percent == 50)
    }

    @Test func theLevelOfAnOldPoolIsNoHigherThanItsCount() {
        let kernel = FakeKernel.old(count: 1536)
        let pool = pool(kernel)
        var freshness = Freshness()
        let fed = Moment(nanoseconds: 5_000_000_000)
        freshness.injected(bootTime: fed)
        #expect(pool.level(of: freshness, mode: .credit, bootTime: fed).percent == 50)
        kernel.count = 3072
        #expect(pool.level(of: freshness, mode: .credit, bootTime: fed) == .full)
        kernel.count = 0
        #expect(pool.level(of: freshness, mode: .credit, bootTime: fed) == .empty)
    }

    @Test func theRunningKernelIsReadWithoutPrivilege() {
        var pool = KernelPool(device: KernelRandomDevice())
        let (isReady, poolBits, count) = (pool.isReady(), pool.poolBits, pool.availableBits())
        #expect(isReady)
        #expect(poolBits == 256 || poolBits == 4096)
        #expect(count > 0)
    }
}
