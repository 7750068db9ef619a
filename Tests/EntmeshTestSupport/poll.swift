// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// Waits until `isTrue`, for at most half a minute: machines are slow, sanitizers slower.
///
/// Throws instead of recording an issue: this target is built in release too, without Testing.
///
/// - Parameter place: where the test waits.
package func poll(_ place: String = "here", _ isTrue: () async throws -> Bool) async throws {
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(30)
    var pause = Duration.milliseconds(1)
    while clock.now < deadline {
        if try await isTrue() { return }
        try await Task.sleep(for: pause)
        pause = min(pause * 2, .milliseconds(50))
    }
    throw DidNotComeTrue(place: place)
}

package struct DidNotComeTrue: Error, CustomStringConvertible {
    let place: String

    package var description: String { "it did not come true within half a minute, \(place)" }
}
