// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshLibvirt
internal import EntmeshMesh
internal import EntmeshNode

/// Who is who: domains by UUID, CIDs and names, and the peer each one is in the mesh.
struct GuestDirectory {
    /// The answer to "whose CID is this".
    enum Owner {
        case none
        case one(GuestRecord)
        case several
    }

    private(set) var records: [DomainUUID: GuestRecord] = [:]
    private var byPeer: [PeerID: GuestRecord] = [:]
    private var nextNumber: UInt64 = 1

    /// The record of `uuid`, made if it is new.
    mutating func record(for domain: Domain, origin: GuestRecord.Origin) -> GuestRecord {
        if let record = records[domain.uuid] { return record }
        let record = GuestRecord(peer: PeerID(nextNumber), origin: origin, domain: domain)
        nextNumber += 1
        records[domain.uuid] = record
        byPeer[record.peer] = record
        return record
    }

    func record(_ uuid: DomainUUID) -> GuestRecord? { records[uuid] }
    func record(_ peer: PeerID) -> GuestRecord? { byPeer[peer] }

    mutating func remove(_ record: GuestRecord) {
        records[record.domain.uuid] = nil
        byPeer[record.peer] = nil
    }

    /// Which active domains have `cid`.
    func owner(ofCID cid: UInt32) -> Owner {
        var found: GuestRecord?
        for record in records.values where record.isDefined && record.domain.guestCID == cid {
            guard found == nil else { return .several }
            found = record
        }
        return found.map { .one($0) } ?? .none
    }

    /// The records that `text` names, as virsh reads it: a number is an id, else a name or a UUID.
    func named(_ text: String) -> GuestRecord? {
        if let id = Int(text) {
            return records.values.first { $0.isDefined && $0.domain.id == id }
        }
        if let uuid = DomainUUID(text), let record = records[uuid], record.isDefined {
            return record
        }
        return withName(text)
    }

    /// The record of the domain called `name`, whatever else that could mean.
    func withName(_ name: String) -> GuestRecord? {
        records.values.first { $0.isDefined && $0.domain.name == name }
    }
}
