// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import Testing

@testable import EntmeshLibvirt

@Suite("A back-off")
struct BackOffTests {
    @Test("doubles up to its longest pause, and begins anew after a success")
    func doubles() {
        var backOff = BackOff(shortest: .milliseconds(200), longest: .seconds(1))
        #expect(
            (0..<5).map { _ in backOff.next() }
                == [200, 400, 800, 1000, 1000].map {
                    .milliseconds($0)
                })
        backOff.reset()
        #expect(backOff.next() == .milliseconds(200))
    }
}
