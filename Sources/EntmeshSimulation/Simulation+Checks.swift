// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConnection
internal import EntmeshMesh
internal import EntmeshNode

/// What did not hold, and when.
package struct BrokenInvariant: Codable, Equatable, Sendable {
    /// Seconds of virtual time.
    package let seconds: Double
    /// What broke, and where.
    package let what: String
}

// What must hold (docs/design.md, "What must stay true").
extension Simulation {
    /// A piece of entropy by which a repetition is found, in bytes.
    private static let piece = 32

    func breaks(_ what: String) {
        if broken == nil { broken = BrokenInvariant(seconds: now.seconds, what: what) }
    }

    func name(of end: LinkEnd) -> String {
        "\(role(of: end)) with \(role(of: ends[end.far]))"
    }

    private func role(of end: LinkEnd) -> String {
        switch end.owner {
        case .host: end.machine.name
        case .guest(let guest): "\(end.machine.name)'s guest \(guest.number + 1)"
        case .pool: "\(end.machine.name)'s pool"
        }
    }

    // MARK: After every step

    func check(_ host: SimulatedHost) {
        let ledger = host.tank.ledger
        let resident = host.tank.resident - (defect == .losesAByte && steps > 100 ? 1 : 0)
        guard !ledger.balances(resident: resident) else { return }
        breaks(
            "\(host.name): in \(ledger.received) is not resident \(resident) + in flight "
                + "\(ledger.inFlight) + delivered \(ledger.delivered) + discarded \(ledger.discarded)"
        )
    }

    /// Looks at what was just encoded: no piece twice, no level twice, and a guest's first level is 0.
    func inspect(_ bytes: [UInt8], from end: LinkEnd) {
        Frame.forEach(in: bytes) { type, range in
            switch type {
            case Frame.level: inspect(level: bytes[range.lowerBound + Wire.headerByteCount], end)
            case Frame.transfer:
                inspect(block: bytes, range.lowerBound + Frame.blockOffset..<range.upperBound, end)
            default: break
            }
        }
    }

    private func inspect(level: UInt8, _ end: LinkEnd) {
        if end.levelWritten == level { breaks("\(name(of: end)): level \(level) twice in a row") }
        if end.levelWritten == nil, level > 0, case .guest = end.owner {
            breaks("\(name(of: end)): begins at level \(level), and nothing was proven")
        }
        end.levelWritten = level
    }

    private func inspect(block bytes: [UInt8], _ range: Range<Int>, _ end: LinkEnd) {
        for offset in stride(from: range.lowerBound, to: range.upperBound, by: Self.piece) {
            let piece = bytes.withUnsafeBytes { bytes in
                (0..<min(8, range.upperBound - offset)).reduce(UInt64(0)) {
                    $0 << 8 | UInt64(bytes[offset + $1])
                }
            }
            if !pieces.insert(piece) {
                breaks("\(name(of: end)): a piece of entropy is transmitted for the second time")
            }
        }
    }

    /// A connection that no fault has struck ends only because somebody wanted it.
    func check(_ reason: CloseReason, endedHere end: LinkEnd) {
        let wanted: [CloseReason] = [.shutdown, .replaced, .memoryRestored, .endOfStream]
        guard !end.isDisturbed, !wanted.contains(reason) else { return }
        breaks("\(name(of: end)): ended without a fault, \(reason.label)")
    }

    // MARK: Every so often

    /// All tanks, meshes and connections must be of one mind.
    func checkAll() {
        for host in hosts where host.isUp {
            check(host)
            checkAccounts(of: host)
        }
        for end in ends { checkLevels(at: end) }
    }

    private func checkAccounts(of host: SimulatedHost) {
        var inFlight = 0
        var delivered: UInt64 = 0
        for (number, index) in host.peers.enumerated() {
            let peer = PeerID(UInt64(number))
            let booked = host.mesh.peer(peer)?.inFlight ?? 0
            if ends[index].isUp, ends[index].connection.bytesInFlight != booked {
                breaks(
                    "\(name(of: ends[index])): connection and mesh differ over what is in flight")
            }
            inFlight += booked
            delivered += host.mesh.totals(of: peer).deliveredBytes
        }
        if host.tank.ledger.inFlight != UInt64(inFlight) {
            breaks("\(host.name): ledger and mesh differ over what is in flight")
        }
        if host.tank.ledger.delivered != delivered {
            breaks("\(host.name): ledger and mesh differ over what was delivered")
        }
    }

    // What was announced at the other end is what is known here, once nothing is on its way.
    private func checkLevels(at end: LinkEnd) {
        let far = ends[end.far]
        guard end.isUp, far.isUp, end.life == far.life, end.isInboxEmpty, far.heldBack == nil,
            !end.isDisturbed
        else { return }
        let known: FillLevel?
        switch end.owner {
        case .host(let peer): known = end.machine.mesh.peer(peer)?.announced
        case .pool(let pool): known = pool.peer?.announced
        case .guest: return
        }
        if known != far.connection.announcedLevel {
            breaks("\(name(of: end)): the level announced is not the level known")
        }
    }

    /// A run of full length counts only if enough went wrong.
    func checkFaultKinds() {
        let kinds = faults.count { $0 > 0 }
        guard end >= Moment(nanoseconds: 0) + scenario.duration, kinds < scenario.leastFaultKinds
        else { return }
        breaks("only \(kinds) kinds of fault struck, of \(scenario.leastFaultKinds) that must")
    }
}

extension Simulation {
    /// Long after the last fault every link stands, and no guest is left behind that could be fed.
    func checkRecovery() {
        guard now - lastFault >= Self.recovery, lastFault.nanoseconds > 0, !scenario.faults.isEmpty
        else { return }
        for end in ends where !end.isUp || !end.connection.isOpen {
            breaks("\(name(of: end)): not connected again, so long after the last fault")
        }
        for end in ends {
            // A liar that only mixes is given one block, and never says what came of it.
            guard case .guest(let guest) = end.owner, !guest.isLiar,
                end.machine.tank.fillLevel > .empty,
                guest.freshness.level(bootTime: now) == .empty
            else { continue }
            breaks("\(name(of: end)): still at level 0, so long after the last fault")
        }
    }
}

extension Moment {
    /// Seconds since the beginning.
    var seconds: Double { Double(nanoseconds) / 1e9 }
}

extension TimeSpan {
    var inSeconds: Double { Double(nanoseconds) / 1e9 }
}
