// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshNode
import Synchronization

/// A clock that goes on only when told.
final class TestClock: Sendable {
    // Well past zero, so that "long ago" can be told from "never".
    private let moment = Mutex(Moment(nanoseconds: 1_000_000_000_000))

    var now: Moment { moment.withLock { $0 } }

    func advance(by span: TimeSpan) {
        moment.withLock { $0 = $0 + span }
    }
}
