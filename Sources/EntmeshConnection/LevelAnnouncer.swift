// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

public import EntmeshNode

/// When a Node tells a Peer its level: after a deposit that raised it by any
/// amount, after a fall of 10 points or to 0, and before a transfer when it moved by 5.
///
/// It only says *whether*; the connection remembers what was announced and cannot repeat itself.
public enum LevelAnnouncer {
    /// Why the level is looked at.
    public enum Cause: Sendable {
        /// Something was added.
        case deposit
        /// Time passed, or something was drawn.
        case fall
        /// We are about to send the first block of a transfer.
        case transferBegins
    }

    /// Whether `level` is worth a notification when `last` is what the peer knows.
    public static func isDue(_ level: FillLevel, last: FillLevel?, cause: Cause) -> Bool {
        guard let last else { return true }
        guard level != last else { return false }
        let fall = last.points(above: level)
        if level == .empty || fall >= Wire.announcedFall {
            return true
        }
        switch cause {
        case .deposit: return fall < 0
        case .fall: return false
        case .transferBegins: return abs(fall) >= Wire.announcedBeforeTransfer
        }
    }
}
