// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshNode

/// The earliest of some moments.
struct Earliest {
    private(set) var moment: Moment?

    @inline(never)
    mutating func add(_ other: Moment?) {
        guard let other else { return }
        moment = moment.map { min($0, other) } ?? other
    }
}
