// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// What a source is doing, in words for the operator.
public enum SourceState: Equatable, Sendable, CustomStringConvertible {
    /// The start-up test runs.
    case starting
    /// It can give, or rests because nothing is wanted.
    case healthy
    /// The device cannot be read: why. Retried with a back-off.
    case unavailable(String)
    /// A read has been waiting for longer than `SourceLimits.stallSpan`, or gave up waiting.
    case stalled
    /// An intermittent alarm: which. The start-up test runs again.
    case quarantined(String)
    /// A permanent failure: why. Off until an operator resets it.
    case failed(String)
    /// `stop()` was called.
    case stopped

    public var description: String {
        switch self {
        case .starting: "starting"
        case .healthy: "healthy"
        case .unavailable(let reason): "unavailable: \(reason)"
        case .stalled: "stalled"
        case .quarantined(let reason): "quarantined: \(reason)"
        case .failed(let reason): "failed: \(reason)"
        case .stopped: "stopped"
        }
    }
}
