// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConnection
internal import EntmeshControl
internal import EntmeshMesh
internal import EntmeshNode
internal import EntmeshSources
internal import Logging

// What peers give to M, and what they are told of it.
extension HostNode {
    /// Takes one block, as far as `record` is trusted, and acknowledges it.
    func accept(
        _ entropy: consuming Entropy, sequence: UInt32, from record: PeerRecord, on link: Link
    ) {
        guard record.examine(entropy) else {
            acknowledge(sequence, .discarded, on: link)
            found(record.fault, on: record, link)
            return
        }
        switch record.trust {
        case .refuse: acknowledge(sequence, .discarded, on: link)
        case .mix:
            if entropy.byteCount >= Wire.poolBlock { record.mixed.injected(bootTime: bootTime) }
            inbound.mix(entropy)
            acknowledge(sequence, .mixed, on: link)
        case .credit:
            inbound.credit(entropy, atMost: record.creditAtMost) { block in
                inflow.add(tank.deposit(block), at: now)
            }
            acknowledge(sequence, .accepted, on: link)
        }
    }

    private func acknowledge(_ sequence: UInt32, _ outcome: Receipt.Outcome, on link: Link) {
        announceLevel(to: link, cause: .deposit)
        link.connection.acknowledge(
            Receipt(sequence: sequence, outcome: outcome), into: &wire)
    }

    // Nothing more is taken from it: it has to connect again, and is told so then.
    private func found(_ fault: LinkFault?, on record: PeerRecord, _ link: Link) {
        counters.add(.events, "\(record.kind)-\(fault?.rawValue ?? "fault")")
        log.error(
            "what a peer gives is faulty: nothing more is taken from it",
            metadata: [
                "\(record.kind)": "\(record.name.escapedForDisplay)",
                "fault": "\(fault?.rawValue ?? "")",
            ])
        end(link, .faultySource)
    }

    /// What we tell whoever gives to us: how full M is, or, where what they give is only mixed, how
    /// long ago that was.
    func level(for record: PeerRecord) -> FillLevel {
        record.trust == .mix ? record.mixed.level(bootTime: bootTime) : tank.fillLevel
    }

    /// Tells whoever gives to us how full M is, where that is due.
    func announceLevel(cause: LevelAnnouncer.Cause) {
        // A block changes the level seldom, and there can be many who give.
        guard cause != .deposit || levelTold != tank.fillLevel else { return }
        levelTold = tank.fillLevel
        for record in givers.values {
            guard let link = record.link else { continue }
            announceLevel(to: link, cause: cause)
            flush(link)
        }
    }

    func announceLevel(to link: Link, cause: LevelAnnouncer.Cause) {
        guard let record = givers[link.id], link.connection.isOpen else { return }
        let level = level(for: record)
        if LevelAnnouncer.isDue(level, last: link.connection.announcedLevel, cause: cause) {
            link.connection.announce(level, into: &wire)
        }
    }
}
