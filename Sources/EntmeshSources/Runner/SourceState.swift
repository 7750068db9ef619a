// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// What a source is doing, in words for the operator.
public enum SourceState: Equatable, Sendable, CustomStringConvertible {
    /// The start-up test runs.
    case starting
    /// It can give, or rests because nothing is wanted.
    case healthy
    /// It gives, but late or with errors between: why.
    case degraded(String)
    /// The device cannot be read: why. Retried with a back-off.
    case unavailable(String)
    /// This machine cannot have it: why.
    case unsupported(String)
    /// A read has been waiting for longer than `SourceLimits.stallSpan`, or gave up waiting.
    case stalled
    /// An intermittent alarm: which. The start-up test runs again.
    case quarantined(String)
    /// A permanent failure: why. Off until an operator resets it.
    case failed(String)
    /// `stop()` was called.
    case stopped

    /// Whether it will not give any more by itself, however long one waits.
    public var isOff: Bool {
        switch self {
        case .unsupported, .failed, .stopped: true
        case .starting, .healthy, .degraded, .unavailable, .stalled, .quarantined: false
        }
    }

    public var description: String {
        switch self {
        case .starting: "starting"
        case .healthy: "healthy"
        case .degraded(let reason): "degraded: \(reason)"
        case .unavailable(let reason): "unavailable: \(reason)"
        case .unsupported(let reason): "unsupported: \(reason)"
        case .stalled: "stalled"
        case .quarantined(let reason): "quarantined: \(reason)"
        case .failed(let reason): "failed: \(reason)"
        case .stopped: "stopped"
        }
    }
}
