// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshNode

extension WireBuffer {
    /// Encodes `message` as one frame, whole or not at all; returns whether there was room.
    ///
    /// A transfer that finds no room is wiped: it was consumed.
    mutating func encode(_ message: consuming Message, version: UInt8) -> Bool {
        switch consume message {
        case .hello(let hello): encode(hello)
        case .level(let level):
            begin(MessageType.level, version, payload: 1) && finish { $0.append(level.percent) }
        case .transfer(let sequence, let entropy): encode(sequence, entropy, version)
        case .receipt(let receipt): encode(receipt, version)
        case .status(let status): encode(status, version)
        case .heartbeat:
            begin(MessageType.heartbeat, version, payload: 1) && finish { $0.append(UInt8(0)) }
        case .heartbeatAnswer:
            begin(MessageType.heartbeat, version, payload: 1) && finish { $0.append(UInt8(1)) }
        case .close(let reason):
            begin(MessageType.close, version, payload: 1) && finish { $0.append(reason.rawValue) }
        }
    }

    private mutating func begin(_ type: UInt8, _ version: UInt8, payload: Int) -> Bool {
        guard room >= Wire.headerByteCount + payload, payload <= Int(UInt16.max) else {
            return false
        }
        append(Wire.magic)
        append(version)
        append(type)
        append(UInt16(payload))
        append(UInt16(0))
        return true
    }

    private mutating func finish(_ body: (inout WireBuffer) -> Void) -> Bool {
        body(&self)
        return true
    }

    private mutating func encode(_ hello: Hello) -> Bool {
        let payload = 11 + hello.agentVersion.count
        guard begin(MessageType.hello, Wire.lowestVersion, payload: payload) else { return false }
        append(hello.lowestVersion)
        append(hello.highestVersion)
        append(hello.kind.rawValue)
        append(UInt8(hello.sends ? 1 : 0))
        append(hello.accepts.rawValue)
        append(UInt8(hello.isReady ? 1 : 0) | hello.occasion.rawValue << 1)
        append(hello.capacity)
        append(hello.agentVersion)
        return true
    }

    private mutating func encode(
        _ sequence: UInt32, _ entropy: consuming Entropy, _ version: UInt8
    ) -> Bool {
        let payload = Wire.transferHeaderByteCount + entropy.byteCount
        guard begin(MessageType.transfer, version, payload: payload) else { return false }
        append(sequence)
        append(UInt32(entropy.minEntropy.bits))
        append(entropy)
        return true
    }

    private mutating func encode(_ receipt: Receipt, _ version: UInt8) -> Bool {
        guard begin(MessageType.receipt, version, payload: 7) else { return false }
        append(receipt.sequence)
        append(receipt.outcome.rawValue)
        append(receipt.errorNumber)
        return true
    }

    private mutating func encode(_ status: PoolStatus, _ version: UInt8) -> Bool {
        let payload = 9 + status.kernel.count + status.hardwareGenerator.count
        guard begin(MessageType.status, version, payload: payload) else { return false }
        append(status.availableBits)
        append(status.poolBits)
        append(UInt8(status.isReady ? 1 : 0))
        append(status.lastError)
        append(status.kernel)
        append(status.hardwareGenerator)
        return true
    }
}
