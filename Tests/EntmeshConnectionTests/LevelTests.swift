// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

import EntmeshConnection
import EntmeshNode
import Testing

@Suite("Levels")
struct LevelTests {
    @Test("every level from 0 to 100 arrives as it was announced")
    func everyLevel() {
        var pair = Pair.guestAndHost()
        for percent in UInt8(0)...100 {
            let isWritten = pair.left.connection.announce(.of(percent), into: &pair.left.wire)
            #expect(isWritten)
        }
        pair.run()
        let heard = pair.right.events.dropFirst()
        #expect(Array(heard) == (UInt8(0)...100).map { Event.level($0) })
    }

    @Test("the same level is never written twice in a row")
    func neverRepeats() {
        var end = End(.guest)
        end.open(with: .host)
        let written = [50, 50, 51, 50, 50].map {
            end.connection.announce(.of($0), into: &end.wire)
        }
        #expect(written == [true, false, true, true, false])
        let announced = end.connection.announcedLevel
        #expect(announced == .of(50))
    }

    @Test("the same level heard twice in a row ends the connection")
    func repeatedLevelEndsIt() {
        var end = End(.host)
        end.open(with: .guest)
        let events = end.hear(frame(0x02, [50]) + frame(0x02, [51]) + frame(0x02, [50]))
        #expect(events == [.level(50), .level(51), .level(50)])
        let last = end.hear(frame(0x02, [50]))
        #expect(last == [.closed(.repeatedLevel, byPeer: false)])
        let answer = end.flush()
        #expect(answer == frame(0x07, [5]))
    }

    @Test("an end that accepts nothing announces nothing")
    func acceptsNothing() {
        var end = End(.host)
        end.open(with: .guest)
        let isWritten = end.connection.announce(.of(50), into: &end.wire)
        #expect(!isWritten)
        let written = end.flush()
        #expect(written.isEmpty)
    }

    @Test("a level from a peer that said it accepts nothing ends the connection")
    func levelFromGiver() {
        var end = End(.guest)
        end.open(with: .host)
        let events = end.hear(frame(0x02, [50]))
        #expect(events == [.closed(.unexpectedMessage, byPeer: false)])
    }

    @Test("an announcement that finds no room is not taken for made")
    func noRoom() {
        var end = End(.guest, wireCapacity: 40)
        end.open(with: .host)
        let written = (UInt8(1)...6).map { end.connection.announce(.of($0), into: &end.wire) }
        #expect(written == [true, true, true, true, false, false])
        let announced = end.connection.announcedLevel
        #expect(announced == .of(4))
    }

    // MARK: When to announce

    private static let table:
        [(last: UInt8?, now: UInt8, deposit: Bool, fall: Bool, transfer: Bool)] = [
            // The first thing after the handshake, whatever it is.
            (nil, 0, true, true, true), (nil, 50, true, true, true), (nil, 100, true, true, true),
            // Never the same again.
            (0, 0, false, false, false), (50, 50, false, false, false),
            (100, 100, false, false, false),
            // A deposit that raised it by any amount.
            (50, 51, true, false, false), (99, 100, true, false, false), (0, 1, true, false, false),
            // A fall of 10, or to 0.
            (50, 49, false, false, false), (50, 41, false, false, true), (50, 40, true, true, true),
            (50, 39, true, true, true), (100, 91, false, false, true), (100, 90, true, true, true),
            (1, 0, true, true, true), (9, 0, true, true, true),
            // Before a transfer, a move of 5 either way.
            (50, 46, false, false, false), (50, 45, false, false, true),
            (50, 54, true, false, false), (50, 55, true, false, true),
            (50, 60, true, false, true),
        ]

    @Test("an announcement is due after a rise, a fall of 10 or to 0, and by 5 before a transfer")
    func announcer() {
        for (last, now, deposit, fall, transfer) in Self.table {
            let last = last.map { FillLevel.of($0) }
            let due = [LevelAnnouncer.Cause.deposit, .fall, .transferBegins].map {
                LevelAnnouncer.isDue(.of(now), last: last, cause: $0)
            }
            #expect(due == [deposit, fall, transfer], "\(String(describing: last)) to \(now)")
        }
    }
}
