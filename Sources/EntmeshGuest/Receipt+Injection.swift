// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshConnection
internal import EntmeshLinux

extension Receipt {
    /// The receipt for a block that fared as `injection` says.
    init(sequence: UInt32, _ injection: Injection) {
        switch injection.outcome {
        case .seeded: self.init(sequence: sequence, outcome: .seeded)
        case .reseeded: self.init(sequence: sequence, outcome: .reseeded)
        case .deferred: self.init(sequence: sequence, outcome: .deferred)
        case .mixed: self.init(sequence: sequence, outcome: .mixed)
        case .failed(let errno):
            self.init(
                sequence: sequence, outcome: .failed,
                errorNumber: UInt16(clamping: errno.number))
        }
    }
}

extension LinkEnding {
    /// Whether the host will say the same again soon: another agent holds the place, or nobody
    /// knows this guest.
    var makesDiallingPointless: Bool {
        guard case .closedByHost(let reason) = self else { return false }
        switch reason {
        case .replaced, .unprivilegedPeer, .unknownGuest, .ambiguousGuest, .tooManyConnections,
            .switchedOff, .versionMismatch:
            return true
        case .shutdown, .malformedFrame, .unexpectedMessage, .repeatedLevel, .sequenceBroken,
            .handshakeTimeout, .frameTimeout, .receiptTimeout, .silent, .writeStalled,
            .tooManyMessages, .domainGone, .memoryRestored, .hypervisorUnavailable,
            .outOfResources, .unknownHost, .duplicateHost, .faultySource, .endOfStream, .unknown:
            return false
        }
    }
}
