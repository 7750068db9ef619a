// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConfig
internal import EntmeshMesh

/// The other hosts, in the order of the configuration, and the peer each one is in the mesh.
struct PeerDirectory {
    /// Guests are numbered from 1.
    private static let firstNumber: UInt64 = 1 << 32

    private(set) var records: [HostRecord] = []
    private var byPeer: [PeerID: HostRecord] = [:]
    private var nextNumber = PeerDirectory.firstNumber

    func record(_ peer: PeerID) -> HostRecord? { byPeer[peer] }

    func named(_ name: String) -> HostRecord? {
        records.first { $0.name == name }
    }

    /// Has just the hosts of `settings`: known ones are kept as they are.
    ///
    /// - Returns: who is new, and who is gone.
    mutating func replace(
        by settings: [PeerHost]
    ) -> (new: [HostRecord], gone: [HostRecord]) {
        let old = records
        var new: [HostRecord] = []
        records = settings.map { host in
            if let known = old.first(where: { $0.name == host.name }) { return known }
            let record = HostRecord(peer: PeerID(nextNumber), settings: host)
            nextNumber += 1
            byPeer[record.peer] = record
            new.append(record)
            return record
        }
        let gone = old.filter { record in !settings.contains { $0.name == record.name } }
        for record in gone { byPeer[record.peer] = nil }
        return (new, gone)
    }
}
