// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

/// One decoder under fuzz, by the name of its folder in Tests/Fuzz/Corpus.
public enum FuzzTarget: String, CaseIterable, Sendable {
    /// The frame decoder and the connection behind it.
    case connection
    /// What another host sends, through the checks and the conditioner into a tank.
    case peer
    /// The body of a request on the control socket, and text for a terminal.
    case control
    /// The text of the configuration file.
    case config
    /// A TPM's answer to a command for random bytes.
    case tpm

    /// Runs one input; a broken invariant traps, which is what a fuzzer looks for.
    public func run(_ input: RawSpan) {
        switch self {
        case .connection: ConnectionFuzz.run(input)
        case .peer: PeerFuzz.run(input)
        case .control: ControlFuzz.run(input)
        case .config: ConfigFuzz.run(input)
        case .tpm: TPMFuzz.run(input)
        }
    }
}
