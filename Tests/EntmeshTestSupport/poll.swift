// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// Waits until `isTrue`, for half a minute: machines are slow, sanitizers slower.
///
/// The half minute may go by in one pause, when tests that never wait hold every thread. So it is
/// also looked a hundred times, which takes five seconds of this test's own.
///
/// Throws instead of recording an issue: this target is built in release too, without Testing.
///
/// - Parameter place: where the test waits.
package func poll(_ place: String = "here", _ isTrue: () async throws -> Bool) async throws {
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(30)
    var pause = Duration.milliseconds(1)
    var looks = 0
    while clock.now < deadline || looks < 100 {
        if try await isTrue() { return }
        looks += 1
        try await Task.sleep(for: pause)
        pause = min(pause * 2, .milliseconds(50))
    }
    throw DidNotComeTrue(place: place)
}

package struct DidNotComeTrue: Error, CustomStringConvertible {
    let place: String

    package var description: String { "it did not come true within half a minute, \(place)" }
}
