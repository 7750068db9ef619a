// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// Which of two connections between the same two hosts stays.
enum TieBreak: Equatable {
    /// The one there was.
    case old
    /// The new one.
    case new
    /// The one there was: the other comes from another host under the same name.
    case impostor

    /// Decides the same at both ends: of two that crossed, the one stays that the host with the
    /// smaller name dialled.
    init(ownName: String, peerName: String, old: Dialler, new: Dialler) {
        guard old != new else {
            // Nobody dials while he has a connection.
            self = old == .them ? .impostor : .old
            return
        }
        let winner = ownName < peerName ? Dialler.us : .them
        self = old == winner ? .old : .new
    }
}
