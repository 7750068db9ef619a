// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: 2026 The entmesh authors

public import EntmeshControl
public import EntmeshNode

/// What keeps M full: the sources as the node sees them.
public protocol Feed: Sendable {
    /// Begins; `deliver` may be called from any thread and returns when the block was taken. With
    /// each block it is given how often `startOver` had been called when the block was made.
    func start(deliver: @escaping @Sendable (consuming Entropy, UInt64) -> Void) throws
    /// Lets it deliver until there were `total` bytes since it began.
    func allow(upTo total: UInt64)
    /// Forgets what it has half made, and tests itself anew before it delivers more.
    func startOver()
    /// Ends; returns at once.
    func stop()
    /// What there is to tell about each source.
    var rows: [SourceRow] { get }
    /// What was looked for and not found.
    var absent: [AbsentSource] { get }
    /// Has a source begin anew if it has failed; whether it had. Nil if there is none of that name.
    func reset(_ name: String) -> Bool?
    /// Reads raw samples that nobody will use.
    ///
    /// - Throws: `ControlError`.
    func capture(_ name: String, count: Int) async throws(ControlError) -> [UInt8]
}

// A feed without sources that an operator could name.
extension Feed {
    public var absent: [AbsentSource] { [] }

    public func reset(_ name: String) -> Bool? { nil }

    public func capture(_ name: String, count: Int) async throws(ControlError) -> [UInt8] {
        throw .noSuchSource(name)
    }
}

extension ControlError {
    static func noSuchSource(_ name: String) -> ControlError {
        ControlError(
            code: "no-such-source",
            message: "there is no source '\(name.escapedForDisplay)'; see: entmesh sources")
    }
}
