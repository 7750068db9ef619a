// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

public import EntmeshLinux

/// What was injected since the agent started.
public struct InjectionTally: Equatable, Sendable {
    /// Blocks and bytes that went in.
    public private(set) var blocks: Int64 = 0
    public private(set) var bytes: Int64 = 0
    /// How the last block fared; nil before the first.
    public private(set) var last: Injection.Outcome?
    /// The errno of the last block, if the kernel refused it.
    public var lastError: Errno? {
        if case .failed(let errno) = last { errno } else { nil }
    }

    public init() {}

    init(blocks: Int64, bytes: Int64, last: Injection.Outcome?) {
        self.blocks = blocks
        self.bytes = bytes
        self.last = last
    }

    mutating func book(_ injection: Injection) {
        last = injection.outcome
        guard injection.byteCount > 0 else { return }
        blocks += 1
        bytes += Int64(injection.byteCount)
    }
}
