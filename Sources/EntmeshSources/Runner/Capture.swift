// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// Raw samples that an operator asked for, to assess the source with (SP 800-90B section 3.1.1).
///
/// They go round the tests and are never used.
struct Capture: Sendable {
    let count: Int
    var samples: [UInt8] = []
    let answer: CheckedContinuation<Result<[UInt8], CaptureFailure>, Never>

    var missingCount: Int { count - samples.count }
}

/// Why raw samples were not captured.
public enum CaptureFailure: Error, Equatable, CustomStringConvertible {
    /// The source is being captured already, or ends.
    case busy
    /// The source was stopped before there were enough.
    case stopped
    /// The device failed.
    case device(NoiseSourceError)

    public var description: String {
        switch self {
        case .busy: "another capture is under way; wait for its end"
        case .stopped: "the source was stopped"
        case .device(let error): "\(error)"
        }
    }
}
