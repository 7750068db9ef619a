// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import CZeroize

/// The lag test: samples that equal the one a fixed distance before them, too often in a window.
///
/// It finds what the two tests of SP 800-90B cannot see: values that alternate, and short blocks
/// that come again and again. At each distance the matches of a source that meets its claim H are
/// no more than binomial at 2^-H, so the cutoff is that of the proportion test at a share of alpha.
///
/// It remembers the last `historyCount` samples, which are the ones that `SampleStage` holds back:
/// nothing in here was ever used.
struct LagTest: ~Copyable {
    /// How far back it looks, in samples.
    static let distances = [1, 2, 4, 8, 16, 32, 64, 128, 256]
    /// Samples it remembers: the farthest distance.
    static let historyCount = 256

    private let window: Int
    private let cutoffs: AlarmCutoffs
    /// The history, and behind it room for one window.
    private let samples: UnsafeMutablePointer<UInt8>
    private var historyFill = 0
    private var position = 0
    private var matches = [Int](repeating: 0, count: distances.count)

    /// A test that has seen nothing; `cutoffs` are matches within a window of `window` samples.
    init(window: Int, cutoffs: AlarmCutoffs) {
        self.window = window
        self.cutoffs = cutoffs
        samples = .allocate(capacity: Self.historyCount + window)
        samples.initialize(repeating: 0, count: Self.historyCount + window)
    }

    deinit {
        entmesh_wipe(samples, Self.historyCount + window)
        samples.deallocate()
    }

    /// Takes the next samples; calls `alarm` with each level that a count crosses with them.
    mutating func take(_ next: UnsafeRawBufferPointer, alarm: (AlarmLevel) -> Void) {
        var rest = next
        while !rest.isEmpty {
            let count = min(rest.count, window - position)
            takePart(UnsafeRawBufferPointer(rebasing: rest[..<count]), alarm)
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    /// Forgets the samples and begins a window.
    mutating func restart() {
        entmesh_wipe(samples, Self.historyCount + window)
        historyFill = 0
        beginWindow()
    }

    private mutating func beginWindow() {
        position = 0
        for index in matches.indices { matches[index] = 0 }
    }

    // At most as many as the window lacks.
    private mutating func takePart(
        _ part: UnsafeRawBufferPointer, _ alarm: (AlarmLevel) -> Void
    ) {
        let start = samples + Self.historyCount
        UnsafeMutableRawPointer(start).copyMemory(
            from: part.baseAddress ?? UnsafeRawPointer(start), byteCount: part.count)
        for (index, distance) in Self.distances.enumerated() {
            // Before there are so many samples, the first ones have nothing to equal.
            let first = max(0, distance - historyFill)
            guard first < part.count else { continue }
            let before = matches[index]
            matches[index] += Self.equal(start + first, distance, part.count - first)
            for level in cutoffs.levels(crossedFrom: before, to: matches[index]) { alarm(level) }
        }
        historyFill = min(Self.historyCount, historyFill + part.count)
        // The latest come to stand right before the place of the next.
        UnsafeMutableRawPointer(samples).copyMemory(
            from: samples + part.count, byteCount: Self.historyCount)
        entmesh_wipe(start, part.count)
        position += part.count
        if position == window { beginWindow() }
    }

    /// How many of `count` samples from `start` equal the one `distance` before; the compiler makes
    /// vectors of it.
    private static func equal(
        _ start: UnsafeMutablePointer<UInt8>, _ distance: Int, _ count: Int
    ) -> Int {
        let earlier = start - distance
        var equal = 0
        for index in 0..<count { equal &+= start[index] == earlier[index] ? 1 : 0 }
        return equal
    }
}
