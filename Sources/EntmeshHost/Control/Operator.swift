// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshLinux
internal import Glibc

/// Who is at the other end of the control socket, as the kernel says (unix(7), SO_PEERCRED).
struct Operator: Sendable, Equatable {
    let uid: UInt32
    /// The primary group and the supplementary ones.
    let groups: [UInt32]

    init(uid: UInt32, groups: [UInt32]) {
        self.uid = uid
        self.groups = groups
    }

    /// The peer of `descriptor`, or nil if the kernel does not say.
    init?(descriptor: CInt) {
        guard let credentials = try? PeerCredentials(peerOf: descriptor) else { return nil }
        uid = credentials.userID
        groups = [credentials.groupID] + Self.supplementaryGroups(descriptor)
    }

    private static func supplementaryGroups(_ descriptor: CInt) -> [UInt32] {
        // The kernel allows 65536 groups; a process with more than this many is told its primary.
        var groups = [UInt32](repeating: 0, count: 1024)
        var size = socklen_t(groups.count * MemoryLayout<UInt32>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_PEERGROUPS, &groups, &size) == 0 else {
            return []
        }
        return Array(groups.prefix(Int(size) / MemoryLayout<UInt32>.size))
    }
}

/// What a peer of the control socket may do: decided here, in one place.
struct AccessPolicy: Sendable {
    enum Access: Equatable, Sendable {
        /// Not even connect.
        case none
        /// Read.
        case read
        /// Read and change.
        case change
    }

    /// The daemon's own user.
    let ownUID: UInt32
    /// The group whose members may read, if there is one.
    let readers: UInt32?

    func access(of peer: Operator) -> Access {
        if peer.uid == 0 { return .change }
        if peer.uid == ownUID { return .read }
        if let readers, peer.groups.contains(readers) { return .read }
        return .none
    }
}
