// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

internal import EntmeshNode

extension Message {
    /// Decodes the payload of a frame of `type`, or nil if it is not exactly one.
    init?(type: UInt8, payload: RawSpan) {
        switch type {
        case MessageType.hello:
            guard let hello = Hello(payload: payload) else { return nil }
            self = .hello(hello)
        case MessageType.level:
            guard let byte = Message.onlyByte(payload), let level = FillLevel(percent: byte) else {
                return nil
            }
            self = .level(level)
        case MessageType.transfer:
            guard let message = Message.transfer(payload: payload) else { return nil }
            self = message
        case MessageType.receipt:
            guard let receipt = Receipt(payload: payload) else { return nil }
            self = .receipt(receipt)
        case MessageType.status:
            guard let status = PoolStatus(payload: payload) else { return nil }
            self = .status(status)
        case MessageType.heartbeat:
            switch Message.onlyByte(payload) {
            case 0: self = .heartbeat
            case 1: self = .heartbeatAnswer
            default: return nil
            }
        case MessageType.close:
            guard let byte = Message.onlyByte(payload) else { return nil }
            self = .close(CloseReason(rawValue: byte) ?? .unknown)
        default:
            return nil
        }
    }

    private static func onlyByte(_ payload: RawSpan) -> UInt8? {
        var cursor = ByteCursor()
        guard let byte = cursor.uint8(payload), cursor.isAtEnd(payload) else { return nil }
        return byte
    }

    private static func transfer(payload: RawSpan) -> Message? {
        var cursor = ByteCursor()
        guard let sequence = cursor.uint32(payload), let bits = cursor.uint32(payload) else {
            return nil
        }
        let byteCount = payload.byteCount - cursor.offset
        guard byteCount > 0, bits <= 8 * byteCount else { return nil }
        let bytes = payload.extracting(droppingFirst: cursor.offset)
        return .transfer(
            sequence: sequence, Entropy(copying: bytes, minEntropy: MinEntropy(bits: Int(bits))))
    }
}

extension Hello {
    init?(payload: RawSpan) {
        var cursor = ByteCursor()
        guard let lowest = cursor.uint8(payload), let highest = cursor.uint8(payload),
            lowest >= 1, lowest <= highest,
            let kind = cursor.uint8(payload).flatMap({ NodeKind(rawValue: $0) }),
            let sends = cursor.flag(payload),
            let accepts = cursor.uint8(payload).flatMap({ InboundTrust(rawValue: $0) }),
            let state = cursor.uint8(payload), let occasion = Occasion(rawValue: state >> 1),
            let capacity = cursor.uint32(payload),
            let agentVersion = cursor.text(payload), cursor.isAtEnd(payload)
        else { return nil }
        self.init(
            kind: kind, capacity: capacity, sends: sends, accepts: accepts,
            isReady: state & 1 == 1, occasion: occasion, agentVersion: agentVersion)
        lowestVersion = lowest
        highestVersion = highest
    }
}

extension Receipt {
    init?(payload: RawSpan) {
        var cursor = ByteCursor()
        guard let sequence = cursor.uint32(payload),
            let outcome = cursor.uint8(payload).flatMap({ Outcome(rawValue: $0) }),
            let errorNumber = cursor.uint16(payload), cursor.isAtEnd(payload)
        else { return nil }
        self.init(sequence: sequence, outcome: outcome, errorNumber: errorNumber)
    }
}

extension PoolStatus {
    init?(payload: RawSpan) {
        var cursor = ByteCursor()
        guard let available = cursor.uint16(payload), let size = cursor.uint16(payload),
            let isReady = cursor.flag(payload), let lastError = cursor.uint16(payload),
            let kernel = cursor.text(payload), let generator = cursor.text(payload),
            cursor.isAtEnd(payload)
        else { return nil }
        self.init(
            availableBits: available, poolBits: size, isReady: isReady, lastError: lastError,
            kernel: kernel, hardwareGenerator: generator)
    }
}
