// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import EntmeshNode

/// Two connections with a wire of memory between them and a clock that only tests move.
struct Pair: ~Copyable {
    var left: End
    var right: End
    private(set) var now = Moment.start

    /// What no conversation in these tests needs; a loop that never idles is a defect.
    static let mostSteps = 10_000

    init(_ left: consuming End, _ right: consuming End) {
        self.left = left
        self.right = right
    }

    /// A guest on the left and its host on the right, past the handshake.
    static func guestAndHost(guest: Hello = .guest, host: Hello = .host) -> Pair {
        var pair = Pair(End(guest, keepalive: .guest), End(host, keepalive: .host))
        pair.shakeHands()
        return pair
    }

    /// Two hosts, past the handshake.
    static func hosts(_ left: Hello = .buffer, _ right: Hello = .buffer) -> Pair {
        var pair = Pair(
            End(left, keepalive: .betweenHosts), End(right, keepalive: .betweenHosts))
        pair.shakeHands()
        return pair
    }

    mutating func shakeHands() {
        left.connection.start(now: now, into: &left.wire)
        right.connection.start(now: now, into: &right.wire)
        run()
    }

    /// Carries bytes both ways until neither end has anything to say.
    mutating func run() {
        for _ in 0..<Self.mostSteps {
            let (toRight, toLeft) = (left.flush(), right.flush())
            if toRight.isEmpty && toLeft.isEmpty { return }
            right.hear(toRight, now: now)
            left.hear(toLeft, now: now)
        }
        preconditionFailure("no end to the conversation")
    }

    /// Moves the clock to `moment`, stopping at every deadline on the way.
    mutating func advance(to moment: Moment) {
        for _ in 0..<Self.mostSteps {
            let deadlines = [left.connection.nextDeadline, right.connection.nextDeadline]
            guard let next = deadlines.compactMap({ $0 }).min(), next <= moment else {
                now = moment
                return
            }
            now = max(now, next)
            tick()
            run()
        }
        preconditionFailure("a deadline that never passes")
    }

    mutating func advance(by span: TimeSpan) {
        advance(to: now + span)
    }

    private mutating func tick() {
        _ = left.connection.tick(now: now, into: &left.wire)
        _ = right.connection.tick(now: now, into: &right.wire)
    }
}
