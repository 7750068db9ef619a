// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshNode

/// Which of two connections between the same two hosts stays.
enum TieBreak: Equatable {
    /// The one there was.
    case old
    /// The new one.
    case new
    /// The one there was: the other comes from another host under the same name.
    case impostor

    /// Two connections that crossed were both made within the deadlines for that: connecting and
    /// TLS, 5 s each.
    static let longestCrossing = TimeSpan.seconds(10)

    /// Decides the same at both ends: of two that crossed, the one stays that the host with the
    /// smaller name dialled.
    ///
    /// - Parameter age: how long the old one has been good; nil if it is not yet.
    init(ownName: String, peerName: String, old: Dialler, new: Dialler, age: TimeSpan?) {
        guard old != new else {
            // Nobody dials while he has a connection.
            self = old == .them ? .impostor : .old
            return
        }
        if let age, age > Self.longestCrossing {
            self = new == .them ? .impostor : .old
            return
        }
        let winner = ownName < peerName ? Dialler.us : .them
        self = old == winner ? .old : .new
    }
}
