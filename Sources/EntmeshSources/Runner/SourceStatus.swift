// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// All there is to tell about a source, at one moment.
public struct SourceStatus: Equatable, Sendable {
    /// What the operator calls it.
    public let name: String
    /// What sort of source it is.
    public let kind: NoiseSourceKind
    /// What is claimed of it, in bits of min-entropy a byte.
    public let claimedBitsPerByte: Double
    /// What it is doing.
    public let state: SourceState
    /// Whether what it gives is used.
    public let gives: Bool
    /// Its raw bytes, and where they went.
    public let raw: RawLedger
    /// Tested samples that can go into a block now.
    public let usableByteCount: Int
    /// Alarms by test.
    public let alarms: AlarmCounts
    /// Errors of the device, since the start.
    public let errorCount: UInt64
    /// The latest error of the device or alarm in words; stays when it is over.
    public let lastErrorText: String?
    /// Raw bytes a second of the time it was read; 0 before the first.
    public let bytesPerSecond: Double

    /// Its part of the conditioned bytes that were made, by what is claimed of it.
    public var conditionedByteCount: UInt64 {
        let bits = Double(raw.conditioned) * claimedBitsPerByte
        return UInt64(bits * Double(Conditioner.outputByteCount) / Double(Conditioner.inputBits))
    }
}
