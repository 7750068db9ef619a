// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConnection

extension CloseReason {
    /// Why a link with another host ended, in words.
    func words(byPeer: Bool) -> String {
        switch self {
        case .unknownHost where byPeer: "it does not know our name: add us to its 'hosts'"
        case .duplicateHost where byPeer:
            "it has a connection under our name already: is our certificate on two hosts?"
        case .faultySource where byPeer:
            "it found what we give faulty; see its: entmesh peers"
        case .shutdown where byPeer: "it went away, or was configured anew"
        case .endOfStream: "it closed the connection"
        case .silent: "nothing was heard of it for 45 s"
        default: byPeer ? "it ended the connection: \(label)" : "the connection ended: \(label)"
        }
    }
}
