// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import EntmeshMesh
import EntmeshNode

extension Moment {
    /// So many seconds after the beginning.
    static func at(_ seconds: Double) -> Moment {
        Moment(nanoseconds: Int64(seconds * 1e9))
    }

    var seconds: Double { Double(nanoseconds) / 1e9 }
}

extension FillLevel {
    static func percent(_ percent: Int) -> FillLevel {
        FillLevel(amount: Int64(percent), of: 100)
    }
}

extension Hello {
    static func pool(
        capacity: UInt32 = 32, isReady: Bool = true, occasion: Occasion = .start,
        accepts: InboundTrust = .credit
    ) -> Hello {
        Hello(
            kind: .pool, capacity: capacity, sends: false, accepts: accepts, isReady: isReady,
            occasion: occasion, agentVersion: PrintableText("test"))
    }

    static func buffer(capacity: UInt32, accepts: InboundTrust = .credit) -> Hello {
        Hello(
            kind: .buffer, capacity: capacity, sends: false, accepts: accepts, isReady: true,
            occasion: .start, agentVersion: PrintableText("test"))
    }
}
