// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// Raw samples that an operator asked for, to assess the source with (SP 800-90B section 3.1.1).
///
/// They go round the tests and are never used.
struct Capture: Sendable {
    typealias Answer = CheckedContinuation<Result<[UInt8], CaptureFailure>, Never>

    let count: Int
    var samples: [UInt8] = []
    let answer: Answer

    var missingCount: Int { count - samples.count }
}

/// Why raw samples were not captured.
public enum CaptureFailure: Error, Equatable, CustomStringConvertible {
    /// Another capture took its place.
    case replaced
    /// The source was stopped before there were enough.
    case stopped
    /// The device failed.
    case device(NoiseSourceError)

    public var description: String {
        switch self {
        case .replaced: "another capture took its place"
        case .stopped: "the source was stopped"
        case .device(let error): "\(error)"
        }
    }
}
