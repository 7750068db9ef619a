// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import EntmeshNode
import Testing

@Suite("Deadlines")
struct DeadlineTests {
    /// Expects the next deadline to be `moment`, nothing before it and `reason` at and after it.
    private func expectEnd(
        _ reason: CloseReason, at moment: Moment, _ make: () -> End,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        for (offset, expected) in [(-1, nil), (0, reason), (1, reason), (1_000_000_000, reason)]
            as [(Int64, CloseReason?)]
        {
            var end = make()
            let deadline = end.connection.nextDeadline
            #expect(deadline == moment, sourceLocation: sourceLocation)
            let ended = end.connection.tick(
                now: moment + TimeSpan(nanoseconds: offset), into: &end.wire)
            #expect(ended == expected, "at \(offset) ns", sourceLocation: sourceLocation)
            let written = end.flush()
            #expect(
                written == (expected.map { frame(0x07, [$0.rawValue]) } ?? []),
                sourceLocation: sourceLocation)
        }
    }

    @Test("a hello must come within 5 s")
    func handshake() {
        expectEnd(.handshakeTimeout, at: .start + .seconds(5)) {
            var end = End(.host)
            end.start()
            return end
        }
    }

    @Test("half a hello does not make the 5 s longer")
    func halfAHello() {
        expectEnd(.handshakeTimeout, at: .start + .seconds(5)) {
            var end = End(.host)
            end.start()
            end.hear([0x45, 0x4D, 1], now: .start + .seconds(4))
            return end
        }
    }

    @Test("a frame must be whole 15 s after its first byte, however it trickles in")
    func frameTime() {
        let begun = Moment.start + .seconds(100)
        expectEnd(.frameTimeout, at: begun + .seconds(15)) {
            var end = End(.host)
            end.open(with: .guest)
            end.hear([0x45], now: begun)
            end.hear([0x4D], now: begun + .seconds(10))
            return end
        }
    }

    @Test("so must a frame that is skipped")
    func skippedFrameTime() {
        expectEnd(.frameTimeout, at: .start + .seconds(17)) {
            var end = End(.host)
            end.open(with: .guest)
            end.hear(frame(0x80, [1, 2, 3]).dropLast(), now: .start + .seconds(2))
            return end
        }
    }

    @Test("a whole frame stops the clock of the frame, the next one starts it anew")
    func frameClockRestarts() {
        expectEnd(.frameTimeout, at: .start + .seconds(24)) {
            var end = End(.host)
            end.open(with: .guest)
            end.hear([0x45], now: .start + .seconds(1))
            end.hear(Array(frame(0x06, [1]).dropFirst()) + [0x45], now: .start + .seconds(9))
            return end
        }
        var end = End(.host)
        end.open(with: .guest)
        end.hear([0x45], now: .start + .seconds(1))
        end.hear(Array(frame(0x06, [1]).dropFirst()), now: .start + .seconds(9))
        let deadline = end.connection.nextDeadline
        #expect(deadline == .start + .seconds(309))
    }

    @Test("a block must be acknowledged within 30 s")
    func receipt() {
        expectEnd(.receiptTimeout, at: .start + .seconds(37)) {
            var end = End(.host)
            end.open(with: .guest)
            _ = end.connection.send(
                Entropy(32, of: 1), now: .start + .seconds(7), into: &end.wire)
            end.hear(frame(0x06, [1]), now: .start + .seconds(36))
            _ = end.flush()
            return end
        }
    }

    @Test("of several blocks the oldest must be acknowledged within 30 s of becoming the oldest")
    func oldestReceipt() {
        expectEnd(.receiptTimeout, at: .start + .seconds(50)) {
            var end = End(.buffer, keepalive: .host)
            end.open(with: .buffer)
            for second in 0..<3 {
                _ = end.connection.send(
                    Entropy(32, of: 1), now: .start + .seconds(Int64(second)), into: &end.wire)
            }
            end.hear(frame(0x04, [0, 0, 0, 1, 5, 0, 0]), now: .start + .seconds(20))
            _ = end.flush()
            return end
        }
    }

    @Test("without a block in flight no receipt is missed")
    func noReceiptAwaited() {
        var end = End(.host)
        end.open(with: .guest)
        _ = end.connection.send(Entropy(32, of: 1), now: .start, into: &end.wire)
        end.hear(frame(0x04, [0, 0, 0, 1, 2, 0, 0]), now: .start + .seconds(1))
        let deadline = end.connection.nextDeadline
        #expect(deadline == .start + .seconds(301))
    }

    @Test("300 s without a frame is death, for the end that only answers")
    func silence() {
        expectEnd(.silent, at: .start + .seconds(300)) {
            var end = End(.host)
            end.open(with: .guest)
            return end
        }
    }

    @Test("bytes that make no frame do not count as hearing something")
    func fragmentsAreSilence() {
        var end = End(.host)
        end.open(with: .guest)
        end.hear([0x45], now: .start + .seconds(299))
        let deadline = end.connection.nextDeadline
        #expect(deadline == .start + .seconds(300))
    }

    @Test("a guest that received nothing for 120 s sends a heartbeat, at 120 s and not before")
    func heartbeat() {
        var end = End(.guest, keepalive: .guest)
        end.open(with: .host)
        let due = Moment.start + .seconds(120)
        let deadline = end.connection.nextDeadline
        #expect(deadline == due)
        var ended = end.connection.tick(now: due + .lessATick, into: &end.wire)
        var written = end.flush()
        #expect(ended == nil)
        #expect(written.isEmpty)
        ended = end.connection.tick(now: due, into: &end.wire)
        written = end.flush()
        #expect(ended == nil)
        #expect(written == frame(0x06, [0]))
        let next = end.connection.nextDeadline
        #expect(next == .start + .seconds(240))
    }

    @Test("an unanswered guest sends two heartbeats and gives up at 300 s")
    func unanswered() {
        var end = End(.guest, keepalive: .guest)
        end.open(with: .host)
        var written: [UInt8] = []
        var seconds: Int64 = 0
        while end.connection.closeReason == nil {
            seconds += 1
            _ = end.connection.tick(now: .start + .seconds(seconds), into: &end.wire)
            written += end.flush()
        }
        #expect(seconds == 300)
        #expect(written == frame(0x06, [0]) + frame(0x06, [0]) + frame(0x07, [10]))
    }

    @Test("a heartbeat is answered, and both ends live on for ever")
    func answered() {
        var pair = Pair.guestAndHost()
        pair.advance(by: .seconds(86_400))
        let open = [pair.left.connection.isOpen, pair.right.connection.isOpen]
        #expect(open == [true, true])
        let (asked, answered) = (pair.left.written, pair.right.written)
        // 86400 / 120 heartbeats, each way, after the hellos.
        #expect(asked.count - End.encodedHello(.guest).count == 720 * 9)
        #expect(answered.count - End.encodedHello(.host).count == 720 * 9)
    }

    @Test("hearing anything at all puts the heartbeat off")
    func trafficPutsHeartbeatOff() {
        var end = End(.guest, keepalive: .guest)
        end.open(with: .host)
        end.hear(frame(0x06, [1]), now: .start + .seconds(100))
        var deadline = end.connection.nextDeadline
        #expect(deadline == .start + .seconds(220))
        end.hear(frame(0xF0, [1]), now: .start + .seconds(110))
        deadline = end.connection.nextDeadline
        #expect(deadline == .start + .seconds(230))
    }

    @Test("between hosts both send heartbeats after 15 s and give up after 45 s")
    func betweenHosts() {
        var end = End(.buffer, keepalive: .betweenHosts)
        end.open(with: .buffer)
        let deadline = end.connection.nextDeadline
        #expect(deadline == .start + .seconds(15))
        var ended = end.connection.tick(now: .start + .milliseconds(44_999), into: &end.wire)
        #expect(ended == nil)
        ended = end.connection.tick(now: .start + .seconds(45), into: &end.wire)
        #expect(ended == .silent)
    }

    @Test("a connection that has not begun, or is over, has no deadline and no time to run out")
    func noDeadline() {
        var end = End(.guest)
        var deadline = end.connection.nextDeadline
        #expect(deadline == nil)
        var ended = end.connection.tick(now: .start + .seconds(900), into: &end.wire)
        #expect(ended == nil)
        end.connection.abandon(.endOfStream)
        deadline = end.connection.nextDeadline
        #expect(deadline == nil)
        ended = end.connection.tick(now: .start + .seconds(900), into: &end.wire)
        #expect(ended == nil)
    }

    @Test("a clock that goes backwards ends nothing")
    func clockGoesBack() {
        var end = End(.host)
        end.open(with: .guest)
        let ended = end.connection.tick(now: Moment(nanoseconds: 0), into: &end.wire)
        #expect(ended == nil)
    }

    @Test("a status is written at most once a minute")
    func statusInterval() {
        var end = End(.guest)
        end.open(with: .host)
        let first = end.connection.statusDue
        #expect(first.map { $0 <= .start } == true)
        let written = [
            end.connection.report(.example, now: .start, into: &end.wire),
            end.connection.report(.example, now: .start + .milliseconds(59_999), into: &end.wire),
            end.connection.report(.example, now: .start + .seconds(60), into: &end.wire),
        ]
        #expect(written == [true, false, true])
        let next = end.connection.statusDue
        #expect(next == .start + .seconds(120))
    }
}
