// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// All sources, as `entmesh sources` shows them.
public struct SourceList: Codable, Sendable, Equatable {
    public var version = ControlAPI.version
    public var sources: [SourceRow]
    /// What was looked for and not found; empty where the configuration names the sources.
    public var absent: [AbsentSource]

    public init(sources: [SourceRow], absent: [AbsentSource]) {
        self.sources = sources
        self.absent = absent
    }
}

/// One source, and its raw ledger in bytes.
public struct SourceRow: Codable, Sendable, Equatable {
    public var name: String
    /// hwrng, rdseed, tpm, device, egd or kernel.
    public var kind: String
    /// Where it is, if it is not where its kind usually is.
    public var path: String?
    /// In words: healthy, unavailable: ..., stalled, failed: ...
    public var state: String
    /// Whether what it gives is used.
    public var isHealthy: Bool
    /// Bits of min-entropy a byte.
    public var claimedBitsPerByte: Double
    public var raw: RawRow
    /// Its part of the conditioned bytes, by what is claimed of it.
    public var deliveredBytes: UInt64
    /// Raw bytes a second of the time it is read.
    public var bytesPerSecond: Double
    /// Alarms of the health tests.
    public var alarms: UInt64
    /// Errors of the device.
    public var errors: UInt64
    /// The latest error or alarm; stays when it is over.
    public var lastError: String?

    public init(
        name: String, kind: String, state: String, isHealthy: Bool, claimedBitsPerByte: Double,
        raw: RawRow, deliveredBytes: UInt64, bytesPerSecond: Double, alarms: UInt64,
        errors: UInt64, lastError: String?
    ) {
        self.name = name
        self.kind = kind
        self.state = state
        self.isHealthy = isHealthy
        self.claimedBitsPerByte = claimedBitsPerByte
        self.raw = raw
        self.deliveredBytes = deliveredBytes
        self.bytesPerSecond = bytesPerSecond
        self.alarms = alarms
        self.errors = errors
        self.lastError = lastError
    }
}

/// Where the raw bytes of a source went: read = conditioned + dropped + captured + pending.
public struct RawRow: Codable, Sendable, Equatable {
    public var read: UInt64
    /// Went into blocks.
    public var conditioned: UInt64
    /// Lost to a start-up test, an alarm or an end.
    public var dropped: UInt64
    /// Went to an operator, and was never used.
    public var captured: UInt64
    /// Waits to be used.
    public var pending: UInt64
    public var balances: Bool

    public init(
        read: UInt64, conditioned: UInt64, dropped: UInt64, captured: UInt64, pending: UInt64,
        balances: Bool
    ) {
        self.read = read
        self.conditioned = conditioned
        self.dropped = dropped
        self.captured = captured
        self.pending = pending
        self.balances = balances
    }
}

/// A kind of source that was looked for and not found.
public struct AbsentSource: Codable, Sendable, Equatable {
    public var kind: String
    /// Why, and what would change that.
    public var reason: String

    public init(kind: String, reason: String) {
        self.kind = kind
        self.reason = reason
    }
}

/// Names a source: `{"source":"hwrng"}`.
public struct SourceRequest: Codable, Sendable, Equatable {
    public var source: String

    public init(source: String) {
        self.source = source
    }
}

/// Asks for raw samples: `{"source":"hwrng","count":1000000}`. They come as they are, one a byte.
public struct CaptureRequest: Codable, Sendable, Equatable {
    public var source: String
    public var count: Int

    public init(source: String, count: Int) {
        self.source = source
        self.count = count
    }
}

/// What came of a reset.
public struct ResetReply: Codable, Sendable, Equatable {
    public var version = ControlAPI.version
    public var source: String
    /// Whether it had failed, and begins anew; one that has not is left as it is.
    public var hadFailed: Bool

    public init(source: String, hadFailed: Bool) {
        self.source = source
        self.hadFailed = hadFailed
    }
}
